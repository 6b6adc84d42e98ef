import { once } from 'node:events'
import type { Caller } from './callers.ts'

export type Spread = {
  readonly held: boolean
  /** Who answered in any protocol, in the order in which they were met. */
  readonly instances: readonly string[]
  /** How many there should be. */
  readonly expected: number
  readonly protocols: readonly ProtocolSpread[]
}

export type ProtocolSpread = {
  readonly protocol: string
  readonly calls: number
  /** Calls by the instance that answered; 0 for one that answered in another protocol only. */
  readonly answered: Readonly<Record<string, number>>
  readonly failed: number
  /** What the last call that failed said. */
  readonly failure?: string
}

export type SpreadOptions = {
  readonly callers: readonly Caller[]
  /** How many calls each caller sends. */
  readonly calls: number
  /** How many instances should answer. @default all that any call met */
  readonly expected?: number | undefined
  readonly signal: AbortSignal
  readonly onCall: (protocol: string, instances: number) => void
}

/**
 * Calls one after the other, each protocol in turn, and counts who answered. It held when every instance answered in every
 * protocol, as many as there should be, and no call failed.
 */
export async function spread({ callers, calls, expected, signal, onCall }: SpreadOptions): Promise<Spread> {
  const met = new Set<string>()
  // Not every caller can be ended while it waits.
  const interrupted = once(signal, 'abort').then(() => Promise.reject(new Error('interrupted')))
  interrupted.catch(() => {})
  const counted: { caller: Caller; answered: Map<string, number>; failures: string[] }[] = []
  for (const caller of callers) {
    const answered = new Map<string, number>()
    const failures: string[] = []
    for (let sent = 0; sent < calls && !signal.aborted; sent++) {
      try {
        const instance = await Promise.race([caller.call(), interrupted])
        met.add(instance)
        answered.set(instance, (answered.get(instance) ?? 0) + 1)
      } catch (error) {
        failures.push((error as Error).message)
      }
      onCall(caller.protocol, met.size)
    }
    counted.push({ caller, answered, failures })
  }
  const instances = [...met]
  const protocols = counted.map(({ caller, answered, failures }) => ({
    protocol: caller.protocol,
    calls,
    answered: Object.fromEntries(instances.map((instance) => [instance, answered.get(instance) ?? 0])),
    failed: failures.length,
    ...(failures.length > 0 && { failure: failures.at(-1)! }),
  }))
  const isEverywhere = protocols.every(
    ({ answered, failed }) => failed === 0 && Object.values(answered).every((count) => count > 0),
  )
  const wanted = expected ?? instances.length
  return { held: isEverywhere && instances.length >= wanted, instances, expected: wanted, protocols }
}
