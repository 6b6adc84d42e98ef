import type { ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { OpenAttempt } from '../billing/attempt-log.ts'
import type { Fault } from '../faults/fault.ts'
import type { ReadAttempt } from '../read-attempt.ts'
import type { Generated, Wire } from '../wire/wire.ts'

/**
 * An answer on its way to its client.
 *
 * What is billed: nothing for an attempt that was refused or failed before generation; the input and every token
 * generated so far for a client that disconnected, or a stream that was cut or stalled; everything for a complete answer,
 * even if a fault changed it on the way.
 */
export type Delivery = {
  readonly response: ServerResponse
  readonly attempt: OpenAttempt
  readonly wire: Wire
  readonly request: ReadAttempt
  readonly generated: Generated
  readonly fault: Fault | undefined
  /** 0 for no limit. */
  readonly tokensPerSecond: number
  /** Aborts when the response closes, so that nothing waits for a client that disconnected. */
  readonly signal: AbortSignal
}

const SLOW_FIRST_TOKEN_MS = 1000
const PADDING = 'x'.repeat(65_536)

/** Waits for generation. Returns false if the client disconnected; then what was generated so far is billed. */
export async function waitUnlessLeft(milliseconds: number, { signal }: Delivery): Promise<boolean> {
  await delay(milliseconds, undefined, { signal }).catch(() => {})
  return !signal.aborted
}

export async function waitForFirstToken(delivery: Delivery): Promise<boolean> {
  const { fault, signal } = delivery
  if (fault?.kind !== 'slow_first_token') return !signal.aborted
  return await waitUnlessLeft(fault.delayMs ?? SLOW_FIRST_TOKEN_MS, delivery)
}

/** Sends the bytes, and waits until they have left if a fault, the speed limit or a slow client requires it. */
export async function written({ response, fault, tokensPerSecond }: Delivery, text: string): Promise<void> {
  if (response.destroyed) return
  const { promise, resolve } = Promise.withResolvers<void>()
  const isTaken = response.write(text, () => resolve())
  if (!isTaken || fault || tokensPerSecond) await promise
}

/** Sends a body without end, until the client disconnects. */
export async function writeEndlessly(delivery: Delivery): Promise<void> {
  while (!delivery.response.destroyed) await written(delivery, PADDING)
}
