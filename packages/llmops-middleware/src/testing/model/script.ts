import {
  anyText,
  anything,
  type Check,
  type ChecksOf,
  checkValue,
  either,
  func,
  listOf,
  mapOf,
  milliseconds,
  objectOf,
  oneOf,
  required,
  text,
  whole,
} from '../../check.ts'
import type { TestCall } from './test-call.ts'

/** What the model says next: the text alone, or an answer with more to it. */
export type ScriptedAnswer = string | TestAnswer

/** Answers in the order of the requests, or a function that is asked for each; embeddings take none of a list. */
export type Script =
  | readonly ScriptedAnswer[]
  | ((call: TestCall) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>)

/** An answer of the script: text, tool calls, usage, or a fault. */
export type TestAnswer = {
  /** What the model says; cut where the request's output cap ends. @default '' */
  readonly text?: string | undefined
  /** The tools that it calls. @default none */
  readonly toolCalls?: readonly TestToolCall[] | undefined
  /** What the provider says was used, in place of what is counted. @default a token for each four bytes */
  readonly usage?: TestUsage | undefined
  /** What goes wrong. @default nothing */
  readonly fault?: TestFault | TestRefusal | undefined
  /** How many events of a stream come before the fault. @default 3 */
  readonly afterEvents?: number | undefined
  /** What a refusal says in Retry-After, in milliseconds. @default nothing is said */
  readonly retryAfterMs?: number | undefined
  /** Milliseconds until the first byte. @default 0 */
  readonly latencyMs?: number | undefined
  /** Milliseconds that each token of the output takes. @default 0 */
  readonly msPerToken?: number | undefined
}

/** The tokens that an answer reports. */
export type TestUsage = {
  /** With the cached ones. @default what is counted */
  readonly inputTokens?: number | undefined
  /** Those of the input that came from a cache. @default 0 */
  readonly cachedInputTokens?: number | undefined
  /** With the thoughts. @default what is counted */
  readonly outputTokens?: number | undefined
  /** Thoughts that were never delivered. @default 0 */
  readonly reasoningTokens?: number | undefined
}

/** A call of a tool that the model asks for. */
export type TestToolCall = {
  /** The name of a tool that the request offers. */
  readonly name: string
  /** An object, or the text itself, as broken as models write it. @default {} */
  readonly arguments?: string | Readonly<Record<string, unknown>> | undefined
}

/** A refusal of your own. */
export type TestRefusal = {
  /** The HTTP status. */
  readonly status: number
  /** The code that the provider gives. @default none */
  readonly code?: string | undefined
  /** The sentence that the provider gives. @default 'The test model was told to refuse.' */
  readonly message?: string | undefined
}

/**
 * - `rate_limit` (429), `server_error` (500), `unavailable` (503), `context_length`, `content_filter` (400): refusals
 * - `reset`: the connection is refused; `hang`: nothing ever comes
 * - `cut`: the connection breaks inside the answer; `cut_clean`: the answer ends there as if it were whole
 * - `stall`: nothing comes any more; `malformed`: JSON that is none; `missing_done`: a stream without its `[DONE]`
 * - `content_filter_stream`: the provider's filter ends the answer
 * - `wrong_content_type`: a page of HTML, as proxies answer
 */
export type TestFault = (typeof FAULTS)[number]

const FAULTS = [
  'rate_limit',
  'server_error',
  'unavailable',
  'context_length',
  'content_filter',
  'reset',
  'hang',
  'cut',
  'cut_clean',
  'stall',
  'malformed',
  'missing_done',
  'content_filter_stream',
  'wrong_content_type',
] as const

const USAGE: ChecksOf<TestUsage> = {
  inputTokens: whole(0),
  cachedInputTokens: whole(0),
  outputTokens: whole(0),
  reasoningTokens: whole(0),
}

const TOOL_CALL: ChecksOf<TestToolCall> = { name: required(text), arguments: either(anyText, mapOf(anything)) }
const REFUSAL: ChecksOf<TestRefusal> = { status: required(whole(400, 599)), code: text, message: text }

const ANSWER: ChecksOf<TestAnswer> = {
  text: anyText,
  toolCalls: listOf(objectOf(TOOL_CALL)),
  usage: objectOf(USAGE),
  fault: either(oneOf(...FAULTS), objectOf(REFUSAL)),
  afterEvents: whole(0),
  retryAfterMs: milliseconds(0),
  latencyMs: milliseconds(0),
  msPerToken: milliseconds(0),
}

const SCRIPTED: Check = either(anyText, objectOf(ANSWER))
export const SCRIPT: Check = either(listOf(SCRIPTED), func)

/** The answers that are left. */
export class Scripted {
  readonly #script: Script
  #taken = 0

  constructor(script: Script) {
    this.#script = typeof script === 'function' ? script : [...script]
  }

  get left(): number {
    return typeof this.#script === 'function' ? 0 : this.#script.length - this.#taken
  }

  /** Undefined where the script has nothing to say. */
  async next(call: TestCall): Promise<TestAnswer | undefined> {
    const said = typeof this.#script === 'function' ? await this.#script(call) : this.#listed(call)
    if (said === undefined) return call.format === 'embeddings' ? {} : undefined
    checkValue(said, SCRIPTED, 'answer')
    return typeof said === 'string' ? { text: said } : said
  }

  #listed({ format }: TestCall): ScriptedAnswer | undefined {
    if (format === 'embeddings' || this.left === 0) return undefined
    return (this.#script as readonly ScriptedAnswer[])[this.#taken++]
  }

  toString(): string {
    if (typeof this.#script === 'function') return 'The function of the script returned no answer'
    return `The script has no answer left (it had ${this.#script.length})`
  }
}
