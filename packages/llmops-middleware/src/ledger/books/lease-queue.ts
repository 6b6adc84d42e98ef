import type { HoldRecord } from './books.ts'

/**
 * Open holds in the order in which their leases end. Leases of the same length end in the order in which they were added
 * or renewed, so one queue per length finds the next one without a search.
 */
export class LeaseQueue {
  readonly #queues = new Map<number, Map<string, HoldRecord>>()
  /** No lease ends before this. The first one may end later, because holds were settled or renewed since. */
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

  /** After the clock was set back: no lease may end later than its full length from now. */
  shorten(nowMs: number): void {
    this.#nextEndMs = Number.POSITIVE_INFINITY
    for (const [leaseMs, queue] of this.#queues) {
      for (const record of queue.values()) {
        record.leaseEndsAtMs = Math.min(record.leaseEndsAtMs, nowMs + leaseMs)
        this.#nextEndMs = Math.min(this.#nextEndMs, record.leaseEndsAtMs)
      }
    }
  }

  /** Returns open holds whose lease ended at or before `nowMs`. They stay in the queue until they are removed. */
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
