import { onTestFinished, vi } from 'vitest'

/** The limits of a route, as they are without an option. */
const SILENCE_MS = 30_000
export const ANSWER_MS = 120_000

/** Calls in a time that stands still until `isSilent`: then a limit passes, and nothing else has happened. */
export async function withSilence<T>(
  call: () => Promise<T>,
  isSilent: () => Promise<unknown>,
  limitMs = SILENCE_MS,
): Promise<T> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] })
  onTestFinished(() => void vi.useRealTimers())
  const answer = call()
  answer.catch(() => {})
  await isSilent()
  vi.advanceTimersByTime(limitMs)
  vi.useRealTimers()
  return answer
}
