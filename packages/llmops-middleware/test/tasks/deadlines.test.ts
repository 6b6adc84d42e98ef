import { setImmediate } from 'node:timers/promises'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLlmOps, DeadlineExceededError, type LlmOpsOptions, type Task } from '../../src/index.ts'
import { startProvider } from '../support/provider.ts'
import { withSilence } from '../support/with-silence.ts'
import { SDK_CALLS } from './sdk-calls.ts'

/** Enough for an SDK to ask, also where that comes after much else. */
const DEADLINE_MS = 300

async function start(options: Partial<LlmOpsOptions> = {}) {
  const provider = await startProvider(() => {})
  const ops = createLlmOps({ budget: { limitUsd: 1 }, ...options })
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const unhandled: unknown[] = []
  const onUnhandled = (reason: unknown) => unhandled.push(reason)
  process.on('unhandledRejection', onUnhandled)
  onTestFinished(() => void process.off('unhandledRejection', onUnhandled))
  return { ...provider, ops, unhandled }
}

describe.each(SDK_CALLS)('the deadline of a task, with $name and a provider that never answers', ({ ask }) => {
  it('ends the task with DeadlineExceededError, asks once, and lets the SDK ask no more', async () => {
    const { ops, url, requests, unhandled } = await start()
    let task: Task | undefined
    let ofSdk: unknown
    const late = Promise.withResolvers<unknown>()
    const running = ops.task({ tenant: 'contoso', deadlineMs: DEADLINE_MS }, async (own) => {
      task = own
      const asked = ask({ url, fetch: ops.fetch })
      asked.catch((error: unknown) => {
        ofSdk = error
        late.resolve(error)
      })
      return await asked
    })
    await expect(running).rejects.toBeInstanceOf(DeadlineExceededError)
    expect(task?.outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
    // The SDK ends by itself, and not by asking again: its own error came of our one answer.
    await late.promise
    expect(String(JSON.stringify(ofSdk) + String(ofSdk))).toContain('deadline')
    expect(requests.length).toBeLessThanOrEqual(1)
    await setImmediate()
    expect(unhandled).toEqual([])
    await ops.budget!.drain()
    expect((await ops.budget!.read('contoso')).heldUsd).toBe(0)
  })
})

it('a loop that catches everything and goes on asks nothing more once the deadline has passed', async () => {
  const { ops, url, requests } = await start()
  const codes: unknown[] = []
  const over = Promise.withResolvers<void>()
  const looping = async () => {
    for (let step = 0; step < 5; step++) {
      await SDK_CALLS[0]!.ask({ url, fetch: ops.fetch }).catch(({ code }) => codes.push(code))
    }
    over.resolve()
  }
  const running = withSilence(
    () => ops.task({ tenant: 'contoso', deadlineMs: DEADLINE_MS }, looping),
    () => expect.poll(() => requests.length).toBe(1),
    DEADLINE_MS,
  )
  await expect(running).rejects.toBeInstanceOf(DeadlineExceededError)
  await over.promise
  expect(codes).toEqual(['deadline_exceeded', 'task_ended', 'task_ended', 'task_ended', 'task_ended'])
  expect(requests).toHaveLength(1)
})
