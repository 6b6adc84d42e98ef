import type { HoldRecord } from './books.ts'

/**
 * Open holds in the order their leases end. Holds with the same lease length end in the order they were made or renewed
 * in, so one queue for each length gives the next one without searching.
 */
export class LeaseQueue {
  readonly #queues = new Map<number, Map<string, HoldRecord>>()
  /** No lease ends before this; the true end may be later, once holds were settled or renewed. */
  #nextEndMs = Number.POSITIVE_INFINITY

  add(record: HoldRecord): void {
    let queue = this.#queues.get(record.leaseMs)
    if (queue === undefined) {
      queue = new Map()
      this.#queues.set(record.leaseMs, queue)
    }
    queue.set(record.hold.id, record)
    if (record.leaseEndsAtMs < this.#nextEndMs) this.#nextEndMs = record.leaseEndsAtMs
  }

  remove(record: HoldRecord): void {
    this.#queues.get(record.leaseMs)?.delete(record.hold.id)
  }

  /** None lasts longer from now on than it was given. */
  shorten(nowMs: number): void {
    this.#nextEndMs = Number.POSITIVE_INFINITY
    for (const [leaseMs, queue] of this.#queues) {
      for (const record of queue.values()) {
        record.leaseEndsAtMs = Math.min(record.leaseEndsAtMs, nowMs + leaseMs)
        this.#nextEndMs = Math.min(this.#nextEndMs, record.leaseEndsAtMs)
      }
    }
  }

  /** Open holds whose lease ended at or before `nowMs`. They stay in the queue until removed. */
  expired(nowMs: number): readonly HoldRecord[] {
    if (nowMs < this.#nextEndMs) return NONE
    const expired: HoldRecord[] = []
    this.#nextEndMs = Number.POSITIVE_INFINITY
    for (const [leaseMs, queue] of this.#queues) {
      for (const record of queue.values()) {
        if (record.leaseEndsAtMs > nowMs) {
          if (record.leaseEndsAtMs < this.#nextEndMs) this.#nextEndMs = record.leaseEndsAtMs
          break
        }
        expired.push(record)
      }
      if (queue.size === 0) this.#queues.delete(leaseMs)
    }
    return expired
  }
}

const NONE: readonly HoldRecord[] = []
