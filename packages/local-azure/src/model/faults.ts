/** Ways in which providers misbehave. Each stands for one that the field reports. */
export const FAULT_KINDS = [
  'rate_limit',
  'server_error',
  'unavailable',
  'reset',
  'hang',
  'slow_first_token',
  'cut',
  'cut_clean',
  'stall',
  'malformed_event',
  'missing_done',
  'malformed_json',
  'context_length',
  'content_filter',
  'content_filter_stream',
  'prefill_rejected',
  'endless_body',
  'wrong_content_type',
] as const

export type FaultKind = (typeof FAULT_KINDS)[number]

export type Fault = {
  readonly kind: FaultKind
  /** How many requests it hurts. Default 1; `Infinity` until cleared. */
  readonly times?: number
  /** Only requests for this model. */
  readonly model?: string
  /** Share of the requests it hurts, by the endpoint's seed. Default 1. */
  readonly probability?: number
  /** Stream events before `cut`, `stall` and `malformed_event`. Default 3. */
  readonly afterEvents?: number
  /** `rate_limit` and `unavailable` say when to come back. */
  readonly retryAfterMs?: number
  /** How Retry-After is said. Default `seconds`. */
  readonly retryAfterForm?: 'seconds' | 'milliseconds' | 'date'
  /** `slow_first_token`: how slow. */
  readonly delayMs?: number
}

export class InvalidFaultError extends Error {
  override readonly name = 'InvalidFaultError'
}

/** The faults that wait for requests. */
export class FaultQueue {
  readonly #random: () => number
  #faults: { fault: Fault; left: number }[] = []

  constructor(random: () => number) {
    this.#random = random
  }

  add(fault: Fault): void {
    const checked = checkFault(fault)
    this.#faults.push({ fault: checked, left: checked.times ?? 1 })
  }

  clear(): void {
    this.#faults = []
  }

  /** The first waiting fault that hits this request, used up once. */
  take(model: string): Fault | undefined {
    const waiting = this.#faults.find(
      ({ fault }) =>
        (fault.model === undefined || fault.model === model) &&
        (fault.probability === undefined || this.#random() < fault.probability),
    )
    if (!waiting) return undefined
    if (--waiting.left <= 0) this.#faults = this.#faults.filter((other) => other !== waiting)
    return waiting.fault
  }
}

/** Reads `kind` or `kind;afterEvents=2;delayMs=500`, the form of the `x-fault` header. */
export function parseFaultHeader(header: string): Fault {
  const [kind, ...settings] = header.split(';').map((part) => part.trim())
  const entries = settings.map((setting) => {
    const [key, value] = setting.split('=')
    return [key, Number.isNaN(Number(value)) ? value : Number(value)]
  })
  return checkFault({ kind, ...Object.fromEntries(entries) })
}

const NUMBERS = ['times', 'probability', 'afterEvents', 'retryAfterMs', 'delayMs'] as const

export function checkFault(value: unknown): Fault {
  const fault = value as Fault
  if (!FAULT_KINDS.includes(fault?.kind)) {
    throw new InvalidFaultError(`\`kind\` is '${fault?.kind}'; accepted is one of ${FAULT_KINDS.join(', ')}.`)
  }
  for (const name of NUMBERS) {
    const number = fault[name]
    if (number !== undefined && !(typeof number === 'number' && number >= 0)) {
      throw new InvalidFaultError(`\`${name}\` is '${number}'; accepted is a number from 0.`)
    }
  }
  return fault
}
