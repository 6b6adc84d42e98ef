import type { Conversation, Reply } from './brain/conversation.ts'

export type ModelEndpointOptions = {
  /** Makes mistakes and faults repeatable. Default 1. */
  readonly seed?: number
  /** Default 0: a free one. */
  readonly port?: number
  /** Appends each attempt with its true cost as one JSON line: a ground truth that outlives its clients. */
  readonly logFile?: string
  /** The pace of generation. Default 0: as fast as it goes. */
  readonly tokensPerSecond?: number
  /** Share of the tool calls and repairs whose arguments are wrong in one of the ways in which models are. Default 0. */
  readonly mistakeRate?: number
  /** Says what a test wants said; undefined leaves it to the model. */
  readonly script?: (conversation: Conversation) => Reply | undefined
  /** Answers 401 without a key or a bearer token. Default true. */
  readonly requireKey?: boolean
  /** The model behind each deployment. Any other name is answered with 404. Default: every name is its own model. */
  readonly deployments?: Readonly<Record<string, string>>
  /** Larger requests are answered with 413. Default 20 MiB. */
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
