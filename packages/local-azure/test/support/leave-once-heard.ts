import { expect } from 'vitest'
import type { ModelEndpoint } from '../../src/model/index.ts'

/** Sends a request, and aborts it as soon as the endpoint has it: after a time of its own it might not have come yet. */
export async function leaveOnceHeard(
  endpoint: ModelEndpoint,
  send: (signal: AbortSignal) => Promise<unknown>,
): Promise<void> {
  const heard = endpoint.attempts.length
  const leaving = new AbortController()
  const isLeft = expect(send(leaving.signal)).rejects.toThrow('aborted')
  await expect.poll(() => endpoint.attempts.length, { interval: 1 }).toBeGreaterThan(heard)
  leaving.abort()
  await isLeft
}
