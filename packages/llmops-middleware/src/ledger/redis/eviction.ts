import type { Cluster, Redis } from 'ioredis'
import { warnOfLedger } from '../ledger-warning.ts'

const SAFE = 'noeviction'

/** Learns what the server does when its memory is full: with most policies it drops accounts, which then start from zero. */
export class EvictionPolicy {
  #isAsked = false
  #policy: string | undefined

  /** Once, beside the calls. A server that does not say is taken to be right. */
  async ask(redis: Redis | Cluster, namespace: string): Promise<void> {
    if (this.#isAsked) return
    this.#isAsked = true
    const memory = await redis.info('memory').catch(() => '')
    const [, policy] = /^maxmemory_policy:(\S+)/m.exec(memory) ?? []
    if (policy === undefined || policy === SAFE) return
    this.#policy = policy
    warnOfLedger(
      'ledger_evicts',
      `The Redis of the budget ledger '${namespace}' has maxmemory-policy ${policy}: when its memory is full it drops ` +
        `accounts, whose budgets then start from $0. Set maxmemory-policy ${SAFE}.`,
    )
  }

  /** A line of the guarantee, once it is known. */
  bound(): string {
    if (this.#policy === undefined) return ''
    return ` Its maxmemory-policy is ${this.#policy}: an account that it drops starts from $0, so nothing holds once its memory is full.`
  }
}
