import type { Cluster, Redis } from 'ioredis'
import { warnOfLedger } from '../ledger-warning.ts'

const SAFE = 'noeviction'

/** Reads the server's `maxmemory-policy`. Most policies drop keys when memory is full; accounts then start from zero. */
export class EvictionPolicy {
  #isAsked = false
  #policy: string | undefined

  /** Asks once, in the background. A server that does not answer is assumed to be configured correctly. */
  async ask(redis: Redis | Cluster, namespace: string): Promise<void> {
    if (this.#isAsked) return
    this.#isAsked = true
    const memory = await redis.info('memory').catch(() => '')
    const [, policy] = /^maxmemory_policy:(\S+)/m.exec(memory) ?? []
    if (policy === undefined || policy === SAFE) return
    this.#policy = policy
    warnOfLedger(
      'ledger_evicts',
      `The Redis of the budget ledger '${namespace}' has maxmemory-policy ${policy}: when its memory is full, it drops ` +
        `accounts, and their spend starts from $0 again. Set maxmemory-policy ${SAFE}.`,
    )
  }

  /** Returns a sentence for the guarantee, once an unsafe policy is known. */
  bound(): string {
    if (this.#policy === undefined) return ''
    return ` Its maxmemory-policy is ${this.#policy}: an account that it drops starts from $0, so no limit holds once its memory is full.`
  }
}
