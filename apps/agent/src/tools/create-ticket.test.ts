import { afterEach, describe, expect, it } from 'vitest'
import { readEvents } from '../../test/support/read-events.ts'
import { type Delta, type ScriptedModel, startScriptedModel } from '../../test/support/scripted-model.ts'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'
import { type NewTicket, TicketStore } from './ticket-store.ts'

let agent: TestAgent
let model: ScriptedModel
afterEach(() => agent.stop())

const TICKET: NewTicket = { subject: 'Torn zip', summary: 'The zip of the tent is torn.', priority: 'normal' }
const different = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ ...TICKET, subject: `Zip ${index}` }))

/** Runs a task whose model asks for these tickets, answer by answer. Returns the status of each tool call. */
async function ask(...answers: readonly (readonly object[])[]): Promise<unknown[]> {
  model = await startScriptedModel(...answers.map(toolCalls))
  agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
  return chat()
}

async function chat(): Promise<unknown[]> {
  const response = await agent.chat({ prompt: 'Please open a ticket: the zip of my tent is torn.', stream: true })
  const events = await readEvents(response)
  expect(events.at(-1)).toMatchObject({ event: 'done', data: { outcome: { status: 'completed' } } })
  return events.filter(({ event }) => event === 'tool').map(({ data }) => data['status'])
}

function toolCalls(tickets: readonly object[], answer: number): readonly Delta[] {
  const calls = tickets.map((ticket, index) => ({
    index,
    id: `call_${answer}_${index}`,
    type: 'function',
    function: { name: 'create_ticket', arguments: JSON.stringify(ticket) },
  }))
  return calls.length > 0 ? [{ tool_calls: calls }] : []
}

function openTickets(): number {
  const store = new TicketStore(agent.folder)
  try {
    return store.count()
  } finally {
    store.close()
  }
}

/** The tool results in the last request to the model. */
function lastToolResults(): string[] {
  return model.requests.at(-1)!.messages.flatMap(({ role, content }) => (role === 'tool' ? [String(content)] : []))
}

describe('create_ticket', () => {
  it('opens one ticket for the same arguments, and returns its number each time', async () => {
    expect(await ask(Array(100).fill(TICKET))).toEqual(Array(100).fill('ok'))
    expect(openTickets()).toBe(1)
    const told = lastToolResults().map((result) => JSON.parse(result))
    expect(new Set(told.map(({ ticketId }) => ticketId)).size).toBe(1)
    expect(told[1]).not.toHaveProperty('note')
    expect(told[2].note).toMatch(/call 3 of create_ticket/)
  })

  it('opens one ticket though a later answer repeats the arguments in another order', async () => {
    const { subject, summary, priority } = TICKET
    await ask([TICKET], [{ priority, summary, subject }])
    expect(openTickets()).toBe(1)
  })

  it('opens each ticket though the gateway reuses the same ids in every answer', async () => {
    const called = (subject: string) => {
      const args = JSON.stringify({ ...TICKET, subject })
      return [{ tool_calls: [{ index: 0, id: 'call_0', function: { name: 'create_ticket', arguments: args } }] }]
    }
    model = await startScriptedModel(called('Torn zip'), called('Lost tent'), called('Torn zip'))
    agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
    expect(await chat()).toEqual(['ok', 'ok', 'ok'])
    expect(openTickets()).toBe(2)
    const [zip, tent, again] = lastToolResults()
    expect(again).toBe(zip)
    expect(tent).not.toBe(zip)
  })

  it.each([
    { subject: 'Torn tent' },
    { summary: 'The zip of the tent is torn again.' },
    { priority: 'high' },
    { orderId: 'ORD-1001' },
  ])('opens two tickets where one has %o', async (difference) => {
    await ask([TICKET, { ...TICKET, ...difference }])
    expect(openTickets()).toBe(2)
  })

  it('opens a ticket for each task that asks for one', async () => {
    await ask([TICKET], [], [TICKET])
    await chat()
    expect(openTickets()).toBe(2)
  })

  it('opens at most three different tickets per task, and then tells the model which are open', async () => {
    expect(await ask(different(2), different(100))).toEqual([...Array(5).fill('ok'), ...Array(97).fill('error')])
    expect(openTickets()).toBe(3)
    const [first, refused] = [lastToolResults()[0]!, lastToolResults().at(-1)!]
    expect(refused).toContain(JSON.parse(first).ticketId)
  })

  it('still returns the number of an open ticket when no more may be opened', async () => {
    expect(await ask([...different(3), ...different(1)])).toEqual(Array(4).fill('ok'))
    expect(openTickets()).toBe(3)
  })
})
