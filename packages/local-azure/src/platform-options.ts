import type { Settings } from './app-service/settings.ts'
import type { ArmOptions } from './arm/arm-server.ts'
import type { Clock } from './clock/clock.ts'
import type { PlatformEvent } from './events.ts'
import type { ModelEndpointOptions } from './model/index.ts'

export type PlatformOptions = {
  /** Path of the file that `bicep snapshot` wrote. */
  readonly snapshot: string
  /** The file that Node runs in each slot. */
  readonly entry: string
  /**
   * How many times faster than the wall clock rules and workflows run, at most: rule time stands still while processes
   * start and requests of the platform are answered. Ignored with a `clock`. @default 1
   */
  readonly speed?: number
  /** Settings that override those of the snapshot and the platform, by slot. Those that are not sticky are swapped. */
  readonly environment?: Readonly<Record<string, Settings>>
  /** The number of machines of the plan. Each runs a process of every slot. @default the capacity in the snapshot */
  readonly instances?: number
  /** Makes the model's mistakes and faults repeatable. @default 1 */
  readonly seed?: number
  /** Options of the model endpoint that stands in for Azure OpenAI. */
  readonly model?: Omit<ModelEndpointOptions, 'seed' | 'port'>
  /** The token for `/admin` of the application in both slots. @default a random one */
  readonly adminToken?: string
  /** The data folder of the application. @default a new folder, removed by `close` */
  readonly dataFolder?: string
  /**
   * How long after the end of a minute its metrics become visible, in milliseconds of rule time. Platform metrics of
   * Azure arrive within one to three minutes. @default 60_000
   */
  readonly metricDelayMs?: number
  /**
   * Whether the processes export their own metrics. If not, only rules on platform metrics (requests, server errors,
   * health) have data. @default true
   */
  readonly exportTelemetry?: boolean
  /**
   * How long a swap takes, in milliseconds of rule time. What the processes of this machine need to start and to warm up
   * is not counted. App Service takes about two minutes. @default 0
   */
  readonly swapMs?: number
  readonly onEvent?: (event: PlatformEvent) => void
  readonly clock?: Clock
  /** Replaces responses of ARM, to test how a caller handles them. */
  readonly armFault?: ArmOptions['fault']
}

export type CheckedOptions = PlatformOptions & {
  readonly speed: number
  readonly metricDelayMs: number
  readonly swapMs: number
  readonly exportTelemetry: boolean
}

/** The limit of the Premium v3 tier. */
const MAX_INSTANCES = 30

/** Fills in the defaults. Throws a `RangeError` that names the option, its value and what is accepted. */
export function checkPlatformOptions(options: PlatformOptions): CheckedOptions {
  const { speed = 1, metricDelayMs = 60_000, swapMs = 0, exportTelemetry = true, instances } = options
  if (!(speed >= 1 && speed <= 3600)) throw new RangeError(`speed is ${speed}; it must be a number from 1 to 3600.`)
  if (instances !== undefined && !(Number.isInteger(instances) && instances >= 1 && instances <= MAX_INSTANCES)) {
    throw new RangeError(`instances is ${instances}; it must be a whole number from 1 to ${MAX_INSTANCES}.`)
  }
  if (!(metricDelayMs >= 0 && metricDelayMs <= 600_000)) {
    throw new RangeError(`metricDelayMs is ${metricDelayMs}; it must be from 0 to 600000 milliseconds.`)
  }
  if (!(swapMs >= 0 && swapMs <= 600_000)) {
    throw new RangeError(`swapMs is ${swapMs}; it must be from 0 to 600000 milliseconds.`)
  }
  return { ...options, speed, metricDelayMs, swapMs, exportTelemetry }
}
