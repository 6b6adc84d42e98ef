import type { Settings } from './app-service/settings.ts'
import type { ArmOptions } from './arm/arm-server.ts'
import type { Clock } from './clock/clock.ts'
import type { PlatformEvent } from './events.ts'
import type { ModelEndpointOptions } from './model/index.ts'

export type PlatformOptions = {
  /** Path of what `bicep snapshot` wrote. */
  readonly snapshot: string
  /** The file that Node runs in each slot. */
  readonly entry: string
  /** How many times as fast as the wall's the clock of rules and workflows runs. Default 1; ignored with a `clock`. */
  readonly speed?: number
  /** Settings that go before those of the snapshot and of the platform, by slot; what is not sticky travels. */
  readonly environment?: Readonly<Record<string, Settings>>
  /** How many machines the plan has; each runs a process of every slot. By default what the snapshot declares. */
  readonly instances?: number
  /** Makes the model's mistakes and faults repeatable. Default 1. */
  readonly seed?: number
  /** How the model endpoint behaves that the processes use in the place of Azure OpenAI. */
  readonly model?: Omit<ModelEndpointOptions, 'seed' | 'port'>
  /** Opens `/admin` of the application on both slots. A random one by default. */
  readonly adminToken?: string
  /** Where the application keeps its data. A new folder, removed at the end, by default. */
  readonly dataFolder?: string
  /**
   * How long after a minute has ended its metrics can be seen, in milliseconds of rule time. Default one minute:
   * platform metrics of Azure arrive within one to three.
   */
  readonly metricDelayMs?: number
  /**
   * Whether the processes get their connection string, so that rules on the agent's own metrics have something to
   * evaluate. Default true; without it only platform metrics (requests, server errors, health) are there.
   */
  readonly exportTelemetry?: boolean
  readonly onEvent?: (event: PlatformEvent) => void
  readonly clock?: Clock
  /** Makes ARM answer something else, to test how a caller takes it. */
  readonly armFault?: ArmOptions['fault']
}

export type CheckedOptions = PlatformOptions & {
  readonly speed: number
  readonly metricDelayMs: number
  readonly exportTelemetry: boolean
}

/** What a plan of the Premium v3 tier may have. */
const MAX_INSTANCES = 30

/** Fills in defaults; throws a `RangeError` that names the option, its value and what is accepted. */
export function checkPlatformOptions(options: PlatformOptions): CheckedOptions {
  const { speed = 1, metricDelayMs = 60_000, exportTelemetry = true, instances } = options
  if (!(speed >= 1 && speed <= 3600)) throw new RangeError(`speed is ${speed}; it must be a number from 1 to 3600.`)
  if (instances !== undefined && !(Number.isInteger(instances) && instances >= 1 && instances <= MAX_INSTANCES)) {
    throw new RangeError(`instances is ${instances}; it must be a whole number from 1 to ${MAX_INSTANCES}.`)
  }
  if (!(metricDelayMs >= 0 && metricDelayMs <= 600_000)) {
    throw new RangeError(`metricDelayMs is ${metricDelayMs}; it must be from 0 to 600000 milliseconds.`)
  }
  return { ...options, speed, metricDelayMs, exportTelemetry }
}
