import { once } from 'node:events'
import { connect } from 'node:net'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, it, onTestFinished } from 'vitest'
import { failing, NOON, scriptedEvents, watchedAgent } from '../../test/support/watched-agent.ts'

type Agent = Awaited<ReturnType<typeof watchedAgent>>

/** A browser that reads what comes, with a parser of somebody else's. */
async function viewer(agent: Agent, query = '') {
  const leave = new AbortController()
  onTestFinished(() => leave.abort())
  const response = await fetch(`${agent.url}api/live${query}`, { signal: leave.signal })
  const seen: { name: string | undefined; data: ReturnType<typeof JSON.parse> }[] = []
  const waiting = new Set<() => void>()
  let isOver = false
  const parser = createParser({
    onEvent: ({ event, data }: EventSourceMessage) => {
      seen.push({ name: event, data: JSON.parse(data) })
      for (const look of waiting) look()
    },
  })
  const reading = (async () => {
    for await (const text of response.body!.pipeThrough(new TextDecoderStream())) parser.feed(text)
  })()
    .catch(() => {})
    .finally(() => {
      isOver = true
    })
  return {
    response,
    seen,
    leave: () => leave.abort(),
    ended: reading,
    isOver: () => isOver,
    /** Resolves with the first `count` events of the name. */
    until: (name: string, count = 1) =>
      new Promise<ReturnType<typeof JSON.parse>[]>((resolve) => {
        const look = () => {
          const found = seen.filter((event) => event.name === name)
          if (found.length < count) return
          waiting.delete(look)
          resolve(found.map(({ data }) => data))
        }
        waiting.add(look)
        look()
      }),
  }
}

/** Connects and asks; what it reads it forgets. */
async function browser(url: string) {
  const { hostname, port, pathname } = new URL(`${url}api/live`)
  const socket = connect(Number(port), hostname)
  const state = { socket, isCut: false, bytes: 0 }
  onTestFinished(() => void socket.destroy())
  socket.on('close', () => {
    state.isCut = true
  })
  socket.write(`GET ${pathname} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`)
  await once(socket, 'readable')
  socket.on('data', (bytes) => {
    state.bytes += bytes.length
  })
  return state
}

/** Lets sockets do what they can do now. */
const breathe = () => new Promise((resolve) => setImmediate(resolve))

describe('who follows', () => {
  it('is sent nothing that a proxy may keep back or a middleware may compress', async () => {
    const agent = await watchedAgent()
    const { response } = await viewer(agent)
    expect(response.headers.get('x-accel-buffering')).toBe('no')
    // `compression()` of Express, which would hold events until kilobytes have come, leaves alone what says so.
    expect(response.headers.get('cache-control')).toBe('no-store, no-transform')
  })

  it('gets the whole at once, and again when something happened or five seconds are over', async () => {
    const agent = await watchedAgent()
    const browser = await viewer(agent, '?window=1h')
    expect(browser.response.headers.get('content-type')).toMatch(/^text\/event-stream/)
    expect((await browser.until('overview'))[0]).toMatchObject({ window: '1h', tasks: { ended: 0 } })
    agent.clock.turn(1000)
    await browser.until('overview', 2)
    agent.clock.turn(4000)
    await agent.task()
    agent.clock.turn(1000)
    const [, , third] = await browser.until('overview', 3)
    expect(third.tasks.ended).toBe(1)
    agent.clock.turn(4000)
    agent.clock.turn(1000)
    expect((await browser.until('overview', 4)).length).toBe(4)
  })

  it('gets each task and mark, at most ten tasks a second, failed ones first', async () => {
    const agent = await watchedAgent()
    const browser = await viewer(agent)
    await browser.until('overview')
    for (let count = 0; count < 30; count++) await agent.task('contoso', `good-${count}`)
    agent.answer(failing)
    await agent.task('contoso', 'bad')
    agent.clock.turn(1000)
    const tasks = await browser.until('task', 10)
    expect(tasks.map(({ id }) => id)).toEqual(['bad', ...Array.from({ length: 9 }, (_, count) => `good-${count}`)])
    agent.ops.chaos.set({ mode: 'outage', ttlMs: 10_000 })
    agent.clock.turn(1000)
    expect((await browser.until('mark')).map(({ kind }) => kind)).toEqual(['fault'])
    expect(browser.seen.filter(({ name }) => name === 'task')).toHaveLength(10)
  })

  it('is removed when the viewer leaves, and disconnected when the dashboard is closed', async () => {
    const agent = await watchedAgent()
    const [one, other] = [await viewer(agent), await viewer(agent)]
    one.leave()
    await one.ended
    agent.router.close()
    await other.ended
    expect(other.isOver()).toBe(true)
  })

  it('is one of at most so many', async () => {
    const agent = await watchedAgent({ dashboard: { maxViewers: 2 } })
    const first = await viewer(agent)
    await viewer(agent)
    const third = await agent.get('api/live')
    expect([third.status, third.body.code]).toEqual([503, 'too_many_viewers'])
    first.leave()
    await first.ended
    // The server hears of it in its own time.
    for (;;) {
      const again = await fetch(`${agent.url}api/live`)
      await again.body?.cancel()
      if (again.status === 200) break
    }
  })
})

describe('fifty viewers', () => {
  it('for an hour of a turned clock cost bounded memory', async () => {
    const events = scriptedEvents()
    const agent = await watchedAgent({ events })
    const browsers = await Promise.all(Array.from({ length: 50 }, () => browser(agent.url)))
    const tenSeconds = async () => {
      for (let count = 0; count < 100; count++) events.taskEnded({ outcome: count % 7 === 0 ? 'failure' : 'success' })
      agent.clock.turn(10_000)
      await breathe()
    }
    for (let count = 0; count < 60; count++) await tenSeconds()
    const before = memory()
    for (let count = 0; count < 300; count++) await tenSeconds()
    expect(agent.clock.epochMs()).toBe(NOON + 3_600_000)
    expect(memory() - before).toBeLessThan(8 * 1024 * 1024)
    expect(browsers.filter(({ isCut }) => isCut)).toEqual([])
    expect(browsers[0]!.bytes).toBeGreaterThan(300 * 5000)
  })
})

it('a viewer that reads nothing is disconnected, and no other', async () => {
  const events = scriptedEvents()
  // So that what the sockets themselves hold is soon full.
  const agent = await watchedAgent({ events, dashboard: { facts: { release: 'v'.repeat(200_000) } } })
  const [idle, reader] = [await browser(agent.url), await browser(agent.url)]
  idle.socket.pause()
  for (let count = 0; count < 200; count++) {
    events.taskEnded()
    agent.clock.turn(1000)
    await breathe()
  }
  // It learns that the other end was closed once it reads.
  idle.socket.resume()
  while (!idle.isCut) await breathe()
  expect(idle.bytes).toBeLessThan(reader.bytes / 2)
  expect(reader.isCut).toBe(false)
})

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

function memory(): number {
  collectGarbage()
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
