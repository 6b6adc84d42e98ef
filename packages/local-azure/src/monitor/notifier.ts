import type { Clock } from '../clock/clock.ts'
import type { Emit } from '../events.ts'
import type { Network } from '../network/network.ts'
import type { ActionGroup, Receiver } from './action-group.ts'
import { type Announcement, commonAlertSchema } from './common-alert-schema.ts'

// learn.microsoft.com/azure/azure-monitor/alerts/action-groups#webhook: the retried statuses and the delays.
const RETRIED_STATUSES = [408, 429, 503, 504]
const RETRY_DELAYS_MS = [5_000, 20_000, 5_000, 40_000, 5_000]
const PAUSE_MS = 15 * 60_000

/** Notifies the receivers of a rule's action groups. */
export class Notifier {
  readonly #groups: readonly ActionGroup[]
  readonly #network: Network
  readonly #clock: Clock
  readonly #emit: Emit
  /** For receivers that failed every retry, the time until which they are not called. */
  readonly #pausedUntil = new Map<string, number>()

  constructor(options: { groups: readonly ActionGroup[]; network: Network; clock: Clock; emit: Emit }) {
    this.#groups = options.groups
    this.#network = options.network
    this.#clock = options.clock
    this.#emit = options.emit
  }

  readonly announce = async (announcement: Announcement, signal: AbortSignal): Promise<void> => {
    const called = this.#groups.filter(({ id }) => announcement.rule.actionGroupIds.includes(id))
    await Promise.all(called.map((group) => this.#notify(group, announcement, signal)))
  }

  async #notify(group: ActionGroup, announcement: Announcement, signal: AbortSignal): Promise<void> {
    const { rule, condition } = announcement
    for (const receiver of group.people) {
      this.#emit({ kind: 'person called', rule: rule.name, receiver, condition })
    }
    await Promise.all(group.webhooks.map((receiver) => this.#post(receiver, announcement, signal)))
  }

  async #post(receiver: Receiver, announcement: Announcement, signal: AbortSignal): Promise<void> {
    if (this.#clock.now() < (this.#pausedUntil.get(receiver.url) ?? 0)) return
    const body = JSON.stringify(commonAlertSchema(announcement))
    for (const delayMs of [...RETRY_DELAYS_MS, undefined]) {
      const status = await this.#clock.pauseDuring(() => this.#attempt(receiver, body, signal))
      const { rule, condition } = announcement
      this.#emit({ kind: 'webhook sent', rule: rule.name, receiver: receiver.name, condition, status })
      if (typeof status === 'number' && !RETRIED_STATUSES.includes(status)) return
      if (delayMs !== undefined) await this.#clock.sleep(delayMs, signal)
    }
    this.#pausedUntil.set(receiver.url, this.#clock.now() + PAUSE_MS)
  }

  async #attempt(receiver: Receiver, body: string, signal: AbortSignal): Promise<number | string> {
    const headers = { 'content-type': 'application/json' }
    try {
      const response = await this.#network.fetch(receiver.url, { method: 'POST', headers, body, signal })
      await response.body?.cancel()
      return response.status
    } catch (error) {
      signal.throwIfAborted()
      return (error as Error).message
    }
  }
}
