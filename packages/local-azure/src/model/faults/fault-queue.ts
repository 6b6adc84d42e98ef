import type { Fault } from './fault.ts'
import { readFault } from './read-fault.ts'

/** The faults that wait for a matching request. */
export class FaultQueue {
  readonly #random: () => number
  #faults: { fault: Fault; left: number }[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  add(fault: Fault): void {
    const checked = readFault(fault)
    this.#faults.push({ fault: checked, left: checked.times ?? 1 })
  }

  clear(): void {
    this.#faults = []
  }

  /** Returns the first fault that applies to this request, and counts one use of it. */
  take({ model, isPrefilled }: { model: string; isPrefilled: boolean }): Fault | undefined {
    const waiting = this.#faults.find(
      ({ fault }) =>
        (fault.model === undefined || fault.model === model) &&
        (fault.kind !== 'prefill_rejected' || isPrefilled) &&
        (fault.probability === undefined || this.#random() < fault.probability),
    )
    if (!waiting) return undefined
    if (--waiting.left <= 0) this.#faults = this.#faults.filter((other) => other !== waiting)
    return waiting.fault
  }
}
