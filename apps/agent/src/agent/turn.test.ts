import { afterEach, describe, expect, it } from 'vitest'
import { readEvents } from '../../test/support/read-events.ts'
import { type Delta, startScriptedModel } from '../../test/support/scripted-model.ts'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

let agent: TestAgent
afterEach(() => agent.stop())

type Piece = { readonly index?: unknown; readonly id?: string; readonly function: object }

const ORDER = '{"orderId":"ORD-1001"}'
const POLICY = '{"query":"returns"}'

const order = (index: unknown, id?: string): Piece => piece(index, id, { name: 'get_order', arguments: ORDER })
const lookup = (index: unknown, id?: string): Piece => piece(index, id, { name: 'lookup', arguments: POLICY })
const piece = (index: unknown, id: string | undefined, fields: object): Piece =>
  ({ index, id, function: fields }) as Piece

/** The tools that a streamed task used, in order, and how the task ended. */
async function toolsUsed(deltas: readonly Delta[]) {
  agent = await startTestAgent({ LOCAL_MODEL_URL: (await startScriptedModel(deltas)).url })
  const response = await agent.chat({ prompt: 'Where is my order ORD-1001? And your return policy?', stream: true })
  const events = await readEvents(response)
  expect(events.at(-1)).toMatchObject({ event: 'done', data: { outcome: { status: 'completed' } } })
  return events.filter(({ event }) => event === 'tool').map(({ data }) => `${data['tool']} ${data['status']}`)
}

const toolCalls = (...pieces: Piece[]): Delta => ({ tool_calls: pieces })

describe('a tool call of a stream', () => {
  it.each([0, 1, 5, 100_000, -1, 0.5, 2 ** 53, 'first', null, undefined])('counts with the index %s', async (index) => {
    expect(await toolsUsed([toolCalls(order(index, 'call_1'))])).toEqual(['get_order ok'])
  })

  it('is one call though its arguments come in pieces, as the index says which', async () => {
    const deltas = [
      toolCalls(piece(7, 'call_1', { name: 'get_order', arguments: '' })),
      toolCalls(piece(-3, 'call_2', { name: 'get_order', arguments: '' })),
      toolCalls(piece(7, undefined, { arguments: ORDER.slice(0, 9) })),
      toolCalls(piece(-3, undefined, { arguments: ORDER.slice(0, 5) })),
      toolCalls(
        piece(7, undefined, { arguments: ORDER.slice(9) }),
        piece(-3, undefined, { arguments: ORDER.slice(5) }),
      ),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok', 'get_order ok'])
  })

  // Ollama, LiteLLM and others: github.com/ollama/ollama/issues/15457, github.com/langchain-ai/langchain/issues/34807.
  it('is not mixed with another that has the same index', async () => {
    expect(await toolsUsed([toolCalls(order(0, 'call_1')), toolCalls(lookup(0, 'call_2'))])).toEqual([
      'get_order ok',
      'lookup fallback',
    ])
  })

  // GLM-4: github.com/0xPlaygrounds/rig/issues/1508.
  it('is one call though every piece has an id of its own', async () => {
    const deltas = [
      toolCalls(piece(0, 'call_1', { name: 'get_order', arguments: '' })),
      toolCalls(piece(0, 'call_2', { arguments: ORDER.slice(0, 9) })),
      toolCalls(piece(0, 'call_3', { arguments: ORDER.slice(9) })),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok'])
  })

  // Gemini and older Ollama: github.com/openai/openai-python/issues/2806, github.com/ollama/ollama/issues/7881.
  it('is separated from the next by its name if there is no index', async () => {
    const deltas = [
      toolCalls(piece(undefined, 'call_1', { name: 'get_order', arguments: ORDER.slice(0, 9) })),
      toolCalls(piece(undefined, undefined, { arguments: ORDER.slice(9) })),
      toolCalls(lookup(undefined, 'call_2'), lookup(undefined, 'call_3')),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok', 'lookup fallback', 'lookup fallback'])
  })

  // DeepSeek behind a gateway: github.com/agno-agi/agno/issues/8879.
  it('is one call though its arguments continue under another index', async () => {
    const deltas = [
      toolCalls(order(0, 'call_1')),
      toolCalls(piece(0, 'call_2', { name: 'lookup', arguments: '' })),
      toolCalls(piece(1, undefined, { arguments: POLICY.slice(0, 5) })),
      toolCalls(piece(1, undefined, { arguments: POLICY.slice(5) })),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok', 'lookup fallback'])
  })

  it('is one call though only its id says which under another index', async () => {
    const deltas = [
      toolCalls(piece(0, 'call_1', { name: 'get_order', arguments: '' })),
      toolCalls(piece(1, 'call_2', { name: 'lookup', arguments: '' })),
      toolCalls(piece(2, 'call_1', { arguments: ORDER }), piece(3, 'call_2', { arguments: POLICY })),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok', 'lookup fallback'])
  })

  it.each(['', undefined])('is told from another of the same index by its name where its id is %j', async (id) => {
    expect(await toolsUsed([toolCalls(order(0, id), lookup(0, id))])).toEqual(['get_order ok', 'lookup fallback'])
  })

  it.each([undefined, 'call_1'])(
    'ends when its arguments are complete, though the next has the same id %s',
    async (id) => {
      const next = piece(0, id, { name: 'get_order', arguments: '{"orderId":"ORD-1002"}' })
      expect(await toolsUsed([toolCalls(order(0, id)), toolCalls(next)])).toEqual(['get_order ok', 'get_order ok'])
    },
  )

  it('is one call though its name comes once more after its arguments', async () => {
    const end = piece(0, 'call_1', { name: 'get_order', arguments: '' })
    expect(await toolsUsed([toolCalls(order(0, 'call_1')), toolCalls(end)])).toEqual(['get_order ok'])
  })

  it('is one call though its name is repeated with each piece', async () => {
    const deltas = [0, 7, 12].map((from, part, all) =>
      toolCalls(piece(0, 'call_1', { name: 'get_order', arguments: ORDER.slice(from, all[part + 1]) })),
    )
    expect(await toolsUsed(deltas)).toEqual(['get_order ok'])
  })

  // github.com/endolith/open-interpreter/issues/254.
  it.each([
    ['without a function', { index: 0, id: 'call_1', function: null }],
    ['without anything', null],
  ])('outlives a piece %s', async (_, empty) => {
    const nothing = empty as unknown as Piece
    const begun = piece(0, 'call_1', { name: 'get_order', arguments: '' })
    const deltas = [
      toolCalls(begun),
      toolCalls(nothing),
      toolCalls(piece(0, undefined, { arguments: ORDER })),
      toolCalls(nothing),
    ]
    expect(await toolsUsed(deltas)).toEqual(['get_order ok'])
  })

  it('may have its arguments as an object', async () => {
    expect(
      await toolsUsed([toolCalls(piece(0, 'call_1', { name: 'get_order', arguments: JSON.parse(ORDER) }))]),
    ).toEqual(['get_order ok'])
  })

  it('needs no id', async () => {
    expect(await toolsUsed([toolCalls(order(0), lookup(1))])).toEqual(['get_order ok', 'lookup fallback'])
  })
})

describe.each([true, false])('the tool calls of an answer (stream: %s)', (stream) => {
  it.each([
    ['the same id', [order(0, 'call_1'), lookup(1, 'call_1')]],
    ['no id', [order(0), lookup(1)]],
  ])('are answered apart though they have %s', async (_, calls) => {
    const model = await startScriptedModel([toolCalls(...calls)])
    agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
    await (await agent.chat({ prompt: 'Where is my order ORD-1001?', stream })).text()
    const results = model.requests[1]!.messages.filter((message) => message.role === 'tool')
    expect(results.map(({ tool_call_id: id }) => id)).toEqual([expect.any(String), expect.any(String)])
    expect(new Set(results.map(({ tool_call_id: id }) => id)).size).toBe(2)
  })
})

it.each([
  ['without a type and an id', [{ function: { name: 'get_order', arguments: ORDER } }]],
  [
    'with arguments that are an object',
    [{ type: 'function', id: 'c', function: { name: 'get_order', arguments: JSON.parse(ORDER) } }],
  ],
  ['beside an empty one', [null, { type: 'function', id: 'c', function: { name: 'get_order', arguments: ORDER } }]],
])('a tool call of a whole answer counts %s', async (_, calls) => {
  const model = await startScriptedModel([{ tool_calls: calls }])
  agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
  const response = await agent.chat({ prompt: 'Where is my order ORD-1001?' })
  expect(await response.json()).toMatchObject({ outcome: { status: 'completed' }, steps: 2 })
})

it.each([false, true])('a refusal of the model is its answer (stream: %s)', async (stream) => {
  const refusal = "I'm sorry, I can't help with that."
  const model = await startScriptedModel([{ content: null, refusal }])
  agent = await startTestAgent({ LOCAL_MODEL_URL: model.url })
  const text = await (await agent.chat({ prompt: 'How do I pick a lock?', stream })).text()
  expect(text).toContain(`"answer":"${refusal}","outcome":{"status":"completed"}`)
})

it('ignores an event without a delta', async () => {
  expect(await toolsUsed([null, toolCalls(order(0, 'call_1')), { tool_calls: null }])).toEqual(['get_order ok'])
})

describe('a model that keeps repeating a tool call', () => {
  it('fails with the reason loop before its steps are used up', async () => {
    const answer = [toolCalls(order(0), order(1), order(2))]
    agent = await startTestAgent({ LOCAL_MODEL_URL: (await startScriptedModel(answer, answer, answer)).url })
    const response = await agent.chat({ prompt: 'Where is my order ORD-1001?', stream: true })
    const events = await readEvents(response)
    expect(events.filter(({ event }) => event === 'tool').map(({ data }) => data['status'])).toEqual([
      ...Array(5).fill('ok'),
      'error',
    ])
    expect(events.at(-1)).toMatchObject({ data: { steps: 2, outcome: { status: 'failed', reason: 'loop' } } })
  })
})
