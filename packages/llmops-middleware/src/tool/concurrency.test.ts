import { describe, expect, it } from 'vitest'
import { createToolFactory } from './index.ts'

const tool = createToolFactory()
const base = { name: 'find', description: 'Finds', parameters: { type: 'object' } }

/** A function that counts how many of it run at once, and ends each when told to. */
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

describe('the limit of calls at once', () => {
  it('hands the place to the one who waits, whenever another comes', async () => {
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
    const { count, run, ends } = counted()
    const find = tool({ ...base, maxConcurrent: 1, timeoutMs: 5, run })
    await expect(find.call({})).rejects.toMatchObject({ code: 'unknown_outcome' })
    const waiting = find.call({})
    await settled()
    expect(count).toMatchObject({ running: 1, started: 1 })
    ends.shift()!()
    await settled()
    expect(count).toMatchObject({ running: 1, started: 2, most: 1 })
    ends.shift()!('in time')
    expect(await waiting).toBe('in time')
  })

  it('counts functions whose caller has left and that still run', async () => {
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

  it('lets a fallback answer in the place of the function that timed out', async () => {
    const { count, run, ends } = counted()
    const find = tool({ ...base, maxConcurrent: 1, effect: 'read', timeoutMs: 5, run, fallbacks: [() => 'snapshot'] })
    expect(await find.call({})).toBe('snapshot')
    expect(count.running).toBe(1)
    ends.shift()!()
  })

  it('lets those who leave the line go, and loses no place', async () => {
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

  it('gives the place back when a function throws at once', async () => {
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
