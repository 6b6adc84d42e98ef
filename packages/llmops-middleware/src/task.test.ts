import { getEventListeners } from 'node:events'
import { describe, expect, it } from 'vitest'
import { DeadlineExceededError } from './deadline-exceeded-error.ts'
import { createTaskRunner, currentTask, recordOf, type Task } from './task.ts'
import { nanosFromUsd } from './usd.ts'

const run = createTaskRunner()
const aborted = (task: Task) =>
  new Promise<never>((_, reject) => task.signal.addEventListener('abort', () => reject(task.signal.reason)))

describe('a task', () => {
  it('is a success when its function returns, and returns the same', async () => {
    let task: Task | undefined
    const answer = await run({ tenant: 'contoso' }, async (own) => {
      task = own
      return 42
    })
    expect([answer, task?.outcome]).toEqual([42, { status: 'success' }])
  })

  it('is a failure when it says so, though its function returns', async () => {
    const outcome = await run({ tenant: 'contoso' }, (task) => {
      task.fail('no_answer')
      return task
    })
    expect(outcome.outcome).toEqual({ status: 'failure', reason: 'no_answer' })
  })

  it('is a failure when it throws, by the code of the error', async () => {
    let task: Task | undefined
    const failing = run({ tenant: 'contoso' }, (own) => {
      task = own
      throw Object.assign(new Error('down'), { code: 'no_tool_available' })
    })
    await expect(failing).rejects.toThrow('down')
    expect(task?.outcome).toMatchObject({ status: 'failure', reason: 'no_tool_available' })
  })

  it('keeps the reason that it gave itself before it threw', async () => {
    let task: Task | undefined
    await run({ tenant: 'contoso' }, (own) => {
      task = own
      own.fail('tool_garbage')
      throw new Error('later')
    }).catch(() => {})
    expect(task?.outcome).toMatchObject({ reason: 'tool_garbage' })
  })

  it('is known to everything that runs in it, however deep', async () => {
    await run({ tenant: 'contoso' }, async (task) => {
      await new Promise((resolve) => setImmediate(resolve))
      expect(currentTask()).toBe(task)
    })
    expect(currentTask()).toBeUndefined()
  })

  it('rolls up into the task that it is nested in, whose payer it inherits', async () => {
    await run({ tenant: 'contoso', scopes: { user: 'ada' } }, async (outer) => {
      await run({ scopes: { feature: 'search' } }, (inner) => {
        recordOf(inner)?.count('inputTokens', 100)
        recordOf(inner)?.count('repairs')
        expect(inner).toMatchObject({ tenant: 'contoso', scopes: { user: 'ada', feature: 'search' } })
      })
      expect(outer.totals).toMatchObject({ inputTokens: 100, repairs: 1 })
    })
  })

  it('is observed once, though tasks are nested in it', async () => {
    const seen: string[] = []
    const observed = createTaskRunner({
      observe: async (task, body) => {
        seen.push(task.id)
        return body()
      },
    })
    await observed({ tenant: 'contoso', id: 'outer' }, () => observed({ id: 'inner' }, () => {}))
    expect(seen).toEqual(['outer'])
  })

  it('aborts what runs in it at its deadline, and says that that was why', async () => {
    let task: Task | undefined
    const late = run({ tenant: 'contoso', deadlineMs: 5 }, (own) => {
      task = own
      return aborted(own)
    })
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError)
    expect(task?.outcome).toMatchObject({ reason: 'deadline_exceeded' })
  })

  it('measures its deadline with the given clock and timer, and clears the timer', async () => {
    const timers = new Map<() => void, number>()
    let nowMs = 1_000
    const after = (act: () => void, afterMs: number) => {
      timers.set(act, afterMs)
      return () => void timers.delete(act)
    }
    const timed = createTaskRunner({ timing: { epochMs: () => nowMs, after, repeat: () => () => {} } })
    const late = timed({ tenant: 'contoso', deadlineMs: 60_000 }, async (task) => {
      expect([task.deadlineAtMs, [...timers.values()]]).toEqual([61_000, [60_000]])
      nowMs = 60_999
      expect([task.remainingMs(), task.signal.aborted]).toEqual([1, false])
      for (const ring of timers.keys()) ring()
      expect(task.signal.reason).toBeInstanceOf(DeadlineExceededError)
    })
    await expect(late).rejects.toBeInstanceOf(DeadlineExceededError)
    expect(timers.size).toBe(0)
  })

  it('never outlives the task that it is nested in', async () => {
    const nested = run({ tenant: 'contoso', deadlineMs: 5 }, () => run({ deadlineMs: 60_000 }, aborted))
    await expect(nested).rejects.toBeInstanceOf(DeadlineExceededError)
  })

  it('ends with the signal of its caller, and removes its listener afterwards', async () => {
    const leave = new AbortController()
    const left = run({ tenant: 'contoso', signal: leave.signal }, aborted)
    leave.abort(new Error('gone'))
    await expect(left).rejects.toThrow('gone')
    const kept = new AbortController()
    await run({ tenant: 'contoso', signal: kept.signal }, () => {})
    expect(getEventListeners(kept.signal, 'abort')).toHaveLength(0)
  })

  it('shares one allowance of repetitions with the tasks in it', async () => {
    await run({ tenant: 'contoso', maxRetries: 2 }, async (outer) => {
      const takeRetry = (task: Task) => recordOf(task)?.takeRetry()
      const inner = await run({}, (task) => [takeRetry(task), takeRetry(task), takeRetry(task)])
      expect([...inner, takeRetry(outer)]).toEqual([true, true, false, false])
    })
  })

  it('shows what it and the tasks in it have cost, which cannot be written', async () => {
    await run({ tenant: 'contoso' }, async (outer) => {
      await run({}, (inner) => recordOf(inner)?.count('costNanos', nanosFromUsd(0.25)))
      expect(outer.totals).toMatchObject({ costNanos: 250_000_000, costUsd: 0.25, modelCalls: 0 })
      expect(() => Object.assign(outer.totals, { costUsd: 0, costNanos: 0 })).toThrow(TypeError)
      expect(() => Object.assign(outer, { totals: {}, tenant: 'fabrikam' })).toThrow(TypeError)
      expect(outer).toMatchObject({ tenant: 'contoso', totals: { costUsd: 0.25 } })
      for (const name of ['count', 'takeRetry', 'root', 'parent']) expect(outer).not.toHaveProperty(name)
    })
  })

  it.each([
    [{}, /tenant.*missing/],
    [{ tenant: '' }, /tenant.*''/],
    [{ tenant: 'contoso', deadlineMs: -1 }, /deadlineMs.*-1/],
    [{ tenant: 'contoso', maxRetries: 0.5 }, /maxRetries.*0\.5/],
  ])('refuses %j by name', async (options, message) => {
    await expect(run(options, () => {})).rejects.toThrow(message)
  })
})
