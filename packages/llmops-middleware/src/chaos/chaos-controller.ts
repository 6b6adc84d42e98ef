import { trace } from '@opentelemetry/api'
import { type ChecksOf, checkOptions, func, having } from '../check.ts'
import { spanEvent } from '../span-event.ts'
import { type ChaosSettings, type CheckedChaosSettings, checkChaosSettings } from './chaos-settings.ts'
import { FAULTS, type Fault, type FaultMode, type FaultSettings } from './faults/index.ts'
import { seededRandom } from './seeded-random.ts'

/** The target of a call. A string is the name of a tool. */
export type ChaosTarget =
  | string
  | { readonly tool: string; readonly tenant?: string | undefined }
  | { readonly model: string; readonly tenant?: string | undefined }

/** The fault that is set, when it ends and how often it was injected. */
export type ChaosState =
  | { readonly mode: 'off' }
  | (Omit<CheckedChaosSettings, 'mode'> & {
      readonly mode: FaultMode
      /** When the fault ends and the mode becomes `off`, in ISO 8601. */
      readonly endsAt: string
      /** How many calls the fault has hit. */
      readonly injected: number
    })

/** A fault that hits a call. */
export type DrawnFault = FaultSettings & { readonly mode: FaultMode; readonly fault: Fault }

/** The options of a `ChaosController`. */
export type ChaosControllerOptions = {
  /** Counts every injection. @default none */
  readonly sli?: { chaosInjected(mode: string): void } | undefined
  /** Returns milliseconds since the epoch. @default Date.now */
  readonly now?: (() => number) | undefined
}

export const CHAOS_CONTROLLER_OPTIONS: ChecksOf<ChaosControllerOptions> = {
  sli: having('an Sli', 'chaosInjected'),
  now: func,
}

type Active = {
  readonly settings: CheckedChaosSettings & { readonly mode: FaultMode }
  readonly endsAtMs: number
  readonly random: () => number
  injected: number
}

/**
 * Injects faults: one at a time, within a scope, and always with an end.
 *
 * @example
 * const chaos = new ChaosController()
 * chaos.set({ mode: 'outage', probability: 0.3, tools: ['search'], ttlMs: 60_000 })
 * chaos.maybeInject({ tool: 'search', tenant: 'contoso' }) // throws ChaosOutage for three calls in ten
 */
export class ChaosController {
  readonly #sli: ChaosControllerOptions['sli']
  readonly #now: () => number
  #active: Active | undefined

  /** @throws InvalidOptionError if an option is invalid. */
  constructor(options: ChaosControllerOptions = {}) {
    checkOptions(options, CHAOS_CONTROLLER_OPTIONS)
    const { sli, now = Date.now } = options
    this.#sli = sli
    this.#now = now
  }

  /**
   * Replaces the fault. Mode `off` ends it.
   *
   * @throws InvalidOptionError if a setting is invalid; the current fault is not changed.
   */
  set(settings: ChaosSettings): ChaosState {
    const checked = checkChaosSettings(settings)
    const { mode } = checked
    this.#active =
      mode === 'off'
        ? undefined
        : {
            settings: { ...checked, mode },
            endsAtMs: this.#now() + checked.ttlMs,
            random: seededRandom(checked.seed),
            injected: 0,
          }
    return this.read()
  }

  /** Returns the fault that is set, when it ends and how often it was injected. */
  read(): ChaosState {
    const active = this.#current()
    if (!active) return { mode: 'off' }
    return { ...active.settings, endsAt: new Date(active.endsAtMs).toISOString(), injected: active.injected }
  }

  /** Ends the fault. */
  clear(): void {
    this.#active = undefined
  }

  /**
   * Throws an error if the fault hits this call. `latency-spike` throws nothing.
   *
   * @throws ChaosOutage, ChaosThrottled or ChaosMalformed, by the mode.
   */
  maybeInject(target: ChaosTarget): void {
    const drawn = this.draw(target)
    const error = drawn?.fault.error?.(nameOf(target), drawn)
    if (!drawn || !error) return
    this.record(drawn)
    throw error
  }

  /** Draws whether the fault hits this call. After injecting it, call {@link record}. @internal */
  draw(target: ChaosTarget): DrawnFault | undefined {
    const active = this.#current()
    if (!active || !isInScope(active.settings, target)) return undefined
    // Less than, not at most, so that probability 0 never hits and probability 1 always does.
    if (active.random() >= active.settings.probability) return undefined
    const { mode, retryAfterMs, delayMs } = active.settings
    return { mode, retryAfterMs, delayMs, fault: FAULTS[mode] }
  }

  /** Counts an injection, and adds it to the span of the call. @internal */
  record({ mode }: DrawnFault): void {
    if (this.#active) this.#active.injected++
    this.#sli?.chaosInjected(mode)
    trace.getActiveSpan()?.setAttribute('chaos.mode', mode)
    spanEvent('agent.chaos.fault', { 'chaos.mode': mode })
  }

  #current(): Active | undefined {
    if (this.#active && this.#now() >= this.#active.endsAtMs) this.#active = undefined
    return this.#active
  }
}

function isInScope({ tenants, tools, model }: CheckedChaosSettings, target: ChaosTarget): boolean {
  const tenant = typeof target === 'string' ? undefined : target.tenant
  // A call without a tenant never matches a tenant filter.
  if (tenants && (tenant === undefined || !tenants.includes(tenant))) return false
  if (typeof target === 'object' && 'model' in target) return model
  const tool = typeof target === 'string' ? target : target.tool
  return tools === undefined || tools.includes(tool)
}

function nameOf(target: ChaosTarget): string {
  if (typeof target === 'string') return target
  return 'model' in target ? 'model' : target.tool
}
