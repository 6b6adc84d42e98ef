import type { Conversation, Reply } from './brain/conversation.ts'

export type ModelEndpointOptions = {
  /** Makes mistakes and faults repeatable. @default 1 */
  readonly seed?: number
  /** 0 takes a free port. @default 0 */
  readonly port?: number
  /** A file to which each attempt is appended with its true cost, as a JSON line. It outlives the clients. */
  readonly logFile?: string
  /** The speed of generation; 0 for no limit. @default 0 */
  readonly tokensPerSecond?: number
  /** Share of tool calls and repairs whose arguments have a typical mistake of a model. @default 0 */
  readonly mistakeRate?: number
  /** Returns the answer that a test wants; undefined for the model's own answer. */
  readonly script?: (conversation: Conversation) => Reply | undefined
  /** Whether requests without a key or a bearer token get 401. @default true */
  readonly requireKey?: boolean
  /** The model of each deployment. Any other name gets 404. @default every name is its own model */
  readonly deployments?: Readonly<Record<string, string>>
  /** Larger requests get 413. @default 20 MiB */
  readonly maxBodyBytes?: number
}

const NUMBERS = {
  seed: { least: 0, most: 2 ** 32 - 1, isWhole: true },
  port: { least: 0, most: 65_535, isWhole: true },
  tokensPerSecond: { least: 0, most: 1_000_000, isWhole: false },
  mistakeRate: { least: 0, most: 1, isWhole: false },
  maxBodyBytes: { least: 1, most: 2 ** 30, isWhole: true },
} as const

/** @throws RangeError that names the option, its value and what is accepted. */
export function checkOptions(options: ModelEndpointOptions): ModelEndpointOptions {
  for (const [name, { least, most, isWhole }] of Object.entries(NUMBERS)) {
    const value = options[name as keyof typeof NUMBERS]
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value >= least && value <= most) || (isWhole && !Number.isInteger(value))) {
      const kind = isWhole ? 'a whole number' : 'a number'
      throw new RangeError(`\`${name}\` is '${value}'; accepted is ${kind} from ${least} to ${most}.`)
    }
  }
  return options
}
