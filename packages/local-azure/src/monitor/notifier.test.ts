import { describe, expect, it, onTestFinished } from 'vitest'
import { runOut } from '../../test/support/run-out.ts'
import { ManualClock } from '../clock/manual-clock.ts'
import type { UnstampedEvent } from '../events.ts'
import { listen } from '../network/listen.ts'
import { Network } from '../network/network.ts'
import type { Announcement } from './common-alert-schema.ts'
import { Notifier } from './notifier.ts'

describe('an action group', () => {
  it('posts once where the receiver accepts', async () => {
    const { notify, calls } = await receiver([202])
    await notify()
    expect(calls).toHaveLength(1)
    expect(JSON.parse(calls[0]!.body)).toMatchObject({ data: { essentials: { monitorCondition: 'Fired' } } })
  })

  it('retries after 5, 20, 5, 40 and 5 seconds, then does not call the receiver for a quarter of an hour', async () => {
    const { notify, calls, clock } = await receiver([503])
    const start = clock.now()
    await notify()
    expect(calls.map(({ at }) => (at - start) / 1000)).toEqual([0, 5, 25, 30, 70, 75])
    await notify()
    expect(calls).toHaveLength(6)
    await clock.advance(15 * 60_000)
    await notify()
    expect(calls.length).toBeGreaterThan(6)
  })

  it('stops retrying as soon as the receiver accepts', async () => {
    const { notify, calls } = await receiver([429, 408, 504, 202])
    await notify()
    expect(calls).toHaveLength(4)
  })

  it.each([400, 401, 500])('does not retry on %d', async (status) => {
    const { notify, calls } = await receiver([status])
    await notify()
    expect(calls).toHaveLength(1)
  })

  it('retries when the receiver cannot be reached', async () => {
    const { notify, happenings, close } = await receiver([202])
    await close()
    await notify()
    expect(happenings.filter(({ kind }) => kind === 'webhook sent')).toHaveLength(6)
  })

  it('calls the people it names', async () => {
    const { notify, happenings } = await receiver([202])
    await notify()
    expect(happenings).toContainEqual({ kind: 'person called', rule: 'errors', receiver: 'owners', condition: 'Fired' })
  })
})

async function receiver(statuses: number[]) {
  const clock = new ManualClock()
  const calls: { at: number; body: string }[] = []
  const server = await listen(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    calls.push({ at: clock.now(), body })
    response.writeHead(statuses.length > 1 ? statuses.shift()! : statuses[0]!).end()
  })
  onTestFinished(() => server.close())
  const network = new Network()
  network.route('healer.example', server.url)
  const happenings: UnstampedEvent[] = []
  const groups = [{ id: 'group', webhooks: [{ name: 'healer', url: 'https://healer.example/' }], people: ['owners'] }]
  const notifier = new Notifier({ groups, network, clock, emit: (unstamped) => happenings.push(unstamped) })

  /** Announces, and lets rule time pass until all retries are done. */
  const notify = async () => {
    let isDone = false
    const done = notifier.announce(announcement, new AbortController().signal).then(() => {
      isDone = true
    })
    await runOut(clock, () => isDone)
    await done
  }
  return { notify, calls, clock, happenings, close: server.close }
}

const announcement: Announcement = {
  rule: {
    id: '/subscriptions/s/alert',
    name: 'errors',
    description: '',
    severity: 1,
    targetId: '/sites/a',
    evaluationFrequencyMs: 60_000,
    windowMs: 300_000,
    windowSize: 'PT5M',
    autoMitigate: true,
    criteria: [],
    actionGroupIds: ['group'],
  },
  condition: 'Fired',
  alertId: '1',
  firedAt: 0,
  values: [],
  windowEndAt: 0,
}
