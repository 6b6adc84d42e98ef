import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { clockByHand } from '../../test/support/clock-by-hand.ts'
import { createToolFactory, type ToolContext } from './index.ts'

const tool = createToolFactory()
/** Tools with a manual clock. */
const timed = () => {
  const clock = clockByHand()
  return { clock, tool: createToolFactory({ timing: clock.timing }) }
}
const base = { name: 'find', description: 'Finds', parameters: { type: 'object' } }

/** A function that counts how many calls of it run at once. The test ends each of them. */
function counted() {
  const ends: ((value?: unknown) => void)[] = []
  const count = { running: 0, most: 0, started: 0 }
  const run = () => {
    count.started++
    count.most = Math.max(count.most, ++count.running)
    return new Promise((resolve) => ends.push(resolve)).finally(() => count.running--)
  }
  return { count, run, ends }
}

async function microtasks(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await undefined
}

const settled = () => new Promise((resolve) => setImmediate(resolve))

describe('maxConcurrent of a tool', () => {
  it('passes the place to the call that waits, whenever another one comes', async () => {
    for (let turns = 0; turns < 40; turns++) {
      const { count, run, ends } = counted()
      const find = tool({ ...base, maxConcurrent: 1, run })
      const first = find.call({})
      await settled()
      const waiting = find.call({})
      await settled()
      ends.shift()!()
      await microtasks(turns)
      const late = find.call({})
      await settled()
      expect({ turns, most: count.most, started: count.started }).toEqual({ turns, most: 1, started: 2 })
      ends.shift()!()
      await settled()
      ends.shift()!()
      await Promise.all([first, waiting, late])
    }
  })

  it('counts functions that timed out and still run', async () => {
    const { clock, tool } = timed()
    const { count, run, ends } = counted()
    const find = tool({ ...base, maxConcurrent: 1, timeoutMs: 5, run })
    const late = find.call({}).catch((error: unknown) => error)
    await settled()
    clock.turnTo(5)
    expect(await late).toMatchObject({ code: 'unknown_outcome' })
    const waiting = find.call({})
    await settled()
    expect(count).toMatchObject({ running: 1, started: 1 })
    ends.shift()!()
    await settled()
    expect(count).toMatchObject({ running: 1, started: 2, most: 1 })
    ends.shift()!('in time')
    expect(await waiting).toBe('in time')
  })

  it('counts functions that still run after their caller aborted', async () => {
    const { count, run, ends } = counted()
    const find = tool({ ...base, maxConcurrent: 1, effect: 'read', run })
    const leave = new AbortController()
    const left = find.call({}, { signal: leave.signal })
    await settled()
    leave.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    const waiting = find.call({})
    await settled()
    expect(count.started).toBe(1)
    ends.shift()!()
    await settled()
    expect(count).toMatchObject({ started: 2, most: 1 })
    ends.shift()!()
    await waiting
  })

  it('runs a fallback once the function that timed out has ended, before calls that have not begun', async () => {
    const { clock, tool } = timed()
    const { count, run, ends } = counted()
    const order: string[] = []
    const fallback = () => order.push('fallback')
    const find = tool({ ...base, maxConcurrent: 1, effect: 'read', timeoutMs: 10, run, fallbacks: [fallback] })
    const call = find.execute({})
    await settled()
    const next = find.call({}).then(() => order.push('next call'))
    clock.turnTo(10)
    await settled()
    expect({ ...count, order }).toMatchObject({ running: 1, started: 1, order: [] })
    ends.shift()!()
    expect(await call).toMatchObject({ answeredBy: 'fallback' })
    await settled()
    ends.shift()!()
    await next
    expect(order).toEqual(['fallback', 'next call'])
  })

  it('uses the same place for the fallback of a function that has ended, though other calls wait', async () => {
    const order: string[] = []
    const down = ({ who }: { who: string }) => {
      order.push(`${who} is down`)
      return Promise.reject(Object.assign(new Error(), { isUnavailable: true }))
    }
    const fallback = ({ who }: { who: string }) => order.push(`${who} falls back`)
    const find = tool({ ...base, maxConcurrent: 1, effect: 'read', run: down, fallbacks: [fallback] })
    await Promise.all(['one', 'two'].map((who) => find.call({ who })))
    expect(order).toEqual(['one is down', 'one falls back', 'two is down', 'two falls back'])
  })

  it('runs a fallback at once if another place is free, or the function ends with its signal', async () => {
    const { clock, tool } = timed()
    const hanging = counted()
    const obeying = (_: unknown, { signal }: ToolContext) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
    const read = { ...base, effect: 'read', timeoutMs: 10, fallbacks: [() => 'snapshot'] } as const
    const two = tool({ ...read, maxConcurrent: 2, run: hanging.run }).call({})
    const one = tool({ ...read, maxConcurrent: 1, run: obeying }).call({})
    await settled()
    clock.turnTo(10)
    expect(await Promise.all([two, one])).toEqual(['snapshot', 'snapshot'])
    hanging.ends.shift()!()
  })

  it('skips a fallback that gets no place within its timeout, and says so', async () => {
    const { clock, tool } = timed()
    const { count, run, ends } = counted()
    const fallbacks = [run]
    const find = tool({ ...base, maxConcurrent: 1, effect: 'read', timeoutMs: 10, run, fallbacks })
    const call = find.call({}).catch((error: unknown) => error)
    await settled()
    clock.turnTo(10)
    await settled()
    clock.turnTo(20)
    const error = (await call) as Error
    expect(error).toMatchObject({ code: 'no_tool_available' })
    expect(error.message).toMatch(
      /did not answer within 10 ms.*none of its `maxConcurrent` places was free within 10 ms/,
    )
    expect(count.started).toBe(1)
    // It has left the line.
    ends.shift()!()
    const after = find.call({})
    await settled()
    expect(count).toMatchObject({ running: 1, started: 2, most: 1 })
    ends.shift()!('found')
    expect(await after).toBe('found')
  })

  it('loses no place when waiting calls are aborted', async () => {
    const { count, run, ends } = counted()
    const find = tool({ ...base, maxConcurrent: 2, effect: 'read', run })
    const calls = [find.call({}), find.call({})]
    await settled()
    const leave = new AbortController()
    const leaving = find.call({}, { signal: leave.signal })
    const staying = find.call({})
    await settled()
    leave.abort(new Error('gone'))
    await expect(leaving).rejects.toThrow('gone')
    ends.shift()!()
    await settled()
    expect(count).toMatchObject({ started: 3, most: 2 })
    for (const end of ends.splice(0)) end()
    await Promise.all([...calls, staying])
    const after = [find.call({}), find.call({}), find.call({})]
    await settled()
    expect(count).toMatchObject({ running: 2, started: 5, most: 2 })
    while (count.running > 0) {
      for (const end of ends.splice(0)) end()
      await settled()
    }
    await Promise.all(after)
  })

  it('frees the place when a function throws synchronously', async () => {
    const find = tool({
      ...base,
      maxConcurrent: 1,
      run: () => {
        throw new RangeError('a bug')
      },
    })
    for (let call = 0; call < 3; call++) await expect(find.call({})).rejects.toThrow(RangeError)
  })
})

/** The events of a tool, in order. The numbers choose among the open calls or functions. */
type Event =
  | { readonly kind: 'call'; readonly obeys: boolean; readonly isUnavailable: boolean }
  | { readonly kind: 'end' | 'fail' | 'leave'; readonly which: number }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'turns'; readonly count: number }

const which = fc.nat(20)
const events: fc.Arbitrary<Event[]> = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({ kind: fc.constant('call'), obeys: fc.boolean(), isUnavailable: fc.boolean() }),
    },
    { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('end', 'fail', 'leave'), which }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.integer({ min: 1, max: 15 }) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('turns'), count: fc.integer({ min: 0, max: 12 }) }) },
  ) as fc.Arbitrary<Event>,
  { minLength: 5, maxLength: 60 },
)

/** A tool with two fallbacks, and its state after each event. */
class Course {
  readonly #clock = clockByHand()
  readonly #functions: { end: () => void; fail: () => void }[] = []
  readonly #calls: { readonly leave: AbortController; readonly ended: Promise<unknown> }[] = []
  readonly #find: (args: unknown, options: { signal: AbortSignal }) => Promise<unknown>
  #nowMs = 0
  running = 0
  most = 0
  open = 0

  constructor(maxConcurrent: number, effect: 'read' | 'idempotent' | 'effect') {
    const run = (args: { obeys: boolean; isUnavailable: boolean }, { signal }: ToolContext) => this.#run(args, signal)
    const tool = createToolFactory({ timing: this.#clock.timing })
    this.#find = tool({ ...base, effect, maxConcurrent, timeoutMs: 10, run, fallbacks: [run, run] }).call
  }

  #run({ obeys, isUnavailable }: { obeys: boolean; isUnavailable: boolean }, signal: AbortSignal): Promise<unknown> {
    this.most = Math.max(this.most, ++this.running)
    const { promise, resolve, reject } = Promise.withResolvers()
    this.#functions.push({
      end: () => resolve('found'),
      fail: () => reject(Object.assign(new Error(), { isUnavailable })),
    })
    if (obeys) signal.addEventListener('abort', () => reject(signal.reason))
    return promise.finally(() => this.running--)
  }

  async let(event: Event): Promise<void> {
    if (event.kind === 'call') this.#call(event)
    else if (event.kind === 'turns') await microtasks(event.count)
    else if (event.kind === 'wait') this.#wait(event.ms)
    else if (event.kind === 'leave') this.#calls.at(event.which % this.#calls.length)?.leave.abort(new Error('gone'))
    else this.#functions.at(event.which % this.#functions.length)?.[event.kind]()
  }

  #call(args: { obeys: boolean; isUnavailable: boolean }): void {
    const leave = new AbortController()
    this.open++
    const done = () => void this.open--
    this.#calls.push({ leave, ended: this.#find(args, { signal: leave.signal }).then(done, done) })
  }

  #wait(ms: number): void {
    this.#nowMs += ms
    this.#clock.turnTo(this.#nowMs)
  }

  /** Ends all functions that run, and those that start then, until no call waits. */
  async endAll(): Promise<void> {
    for (let round = 0; this.open > 0 || this.running > 0; round++) {
      if (round > 1000) throw new Error(`${this.open} calls wait forever`)
      for (const { end } of this.#functions.splice(0)) end()
      await settled()
    }
  }

  /** Returns how many of the calls run at once now. Every place must be free. */
  async fill(calls: number): Promise<number> {
    for (let call = 0; call < calls; call++) this.#call({ obeys: false, isUnavailable: false })
    await settled()
    return this.running
  }
}

it.each(['read', 'idempotent', 'effect'] as const)(
  'never so many functions run as is too many, in whatever order a tool is called, left, late and answered: %s',
  async (effect) => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), events, async (max, events) => {
        const course = new Course(max, effect)
        for (const event of events) await course.let(event)
        await course.endAll()
        expect(await course.fill(max + 1)).toBe(max)
        await course.endAll()
        expect(course.most).toBeLessThanOrEqual(max)
      }),
      { numRuns: 300 },
    )
  },
)
