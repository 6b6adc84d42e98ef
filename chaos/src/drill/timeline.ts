import type { Platform, PlatformEvent } from 'local-azure'

/** Both clocks at one moment. */
export type Moment = { readonly ruleMs: number; readonly wallMs: number }

export function momentOf(clock: Pick<Platform, 'now'>): Moment {
  return { ruleMs: clock.now(), wallMs: performance.now() }
}

type EventOf<Kind extends PlatformEvent['kind']> = Extract<PlatformEvent, { kind: Kind }>

type Wanted<Kind extends PlatformEvent['kind']> = {
  readonly sinceRuleMs?: number
  /** How long to wait, in rule time. */
  readonly patienceMs: number
  readonly clock: Pick<Platform, 'now' | 'sleep'>
  readonly signal: AbortSignal
  readonly where?: (event: EventOf<Kind>) => boolean
}

/** What has happened on the platform, each event with both clocks, and a way to wait for the next. */
export class Timeline {
  readonly #entries: { readonly event: PlatformEvent; readonly moment: Moment }[] = []
  readonly #waiting = new Set<() => void>()

  readonly add = (event: PlatformEvent): void => {
    this.#entries.push({ event, moment: { ruleMs: event.at, wallMs: performance.now() } })
    for (const wake of this.#waiting) wake()
  }

  count(kind: PlatformEvent['kind'], sinceRuleMs = 0): number {
    return this.#entries.filter(({ event }) => event.kind === kind && event.at >= sinceRuleMs).length
  }

  /** The first event of a kind since a moment, as soon as there is one; undefined when the patience has run out. */
  async first<Kind extends PlatformEvent['kind']>(
    kind: Kind,
    { sinceRuleMs = 0, patienceMs, clock, signal, where = () => true }: Wanted<Kind>,
  ): Promise<{ readonly event: EventOf<Kind>; readonly moment: Moment } | undefined> {
    const untilMs = clock.now() + patienceMs
    for (;;) {
      signal.throwIfAborted()
      const found = this.#entries.find(
        ({ event }) => event.kind === kind && event.at >= sinceRuleMs && where(event as EventOf<Kind>),
      )
      if (found) return { event: found.event as EventOf<Kind>, moment: found.moment }
      const leftMs = untilMs - clock.now()
      if (leftMs <= 0) return undefined
      await this.#next(leftMs, clock, signal)
    }
  }

  async #next(patienceMs: number, clock: Pick<Platform, 'sleep'>, signal: AbortSignal): Promise<void> {
    const woken = new AbortController()
    const wake = () => woken.abort()
    this.#waiting.add(wake)
    await clock.sleep(patienceMs, AbortSignal.any([signal, woken.signal])).catch(() => {})
    this.#waiting.delete(wake)
  }
}
