import * as check from '../../check.ts'
import { type GeneratedUsage, refusals, type TestRefusal } from '../wire/index.ts'
import type { TestCall } from './test-call.ts'

/** The next answer of the model: a text, or an object with more fields. */
export type ScriptedAnswer = string | TestAnswer

/**
 * Answers in the order of the requests, or a function that returns the answer to each request. Embeddings use none of
 * a list.
 */
export type Script =
  | readonly ScriptedAnswer[]
  | ((call: TestCall) => ScriptedAnswer | undefined | Promise<ScriptedAnswer | undefined>)

/** An answer of the script: text, tool calls, usage, or a fault. */
export type TestAnswer = {
  /** The text of the answer. It is cut at the output cap of the request. @default '' */
  readonly text?: string | undefined
  /** The tool calls of the answer. @default none */
  readonly toolCalls?: readonly TestToolCall[] | undefined
  /** The usage that is reported, in place of the counted one. @default one token for every four characters */
  readonly usage?: TestUsage | undefined
  /** The fault of the answer. @default none */
  readonly fault?: TestFault | TestRefusal | undefined
  /** How many events of a stream come before the fault. @default 3 */
  readonly afterEvents?: number | undefined
  /** The header Retry-After of a refusal, in milliseconds, rounded up to seconds. @default no header */
  readonly retryAfterMs?: number | undefined
  /** Milliseconds until the first byte. @default 0 */
  readonly latencyMs?: number | undefined
  /** Milliseconds for each token of the output. @default 0 */
  readonly msPerToken?: number | undefined
}

/**
 * The tokens that an answer reports. Input includes cached tokens, output includes reasoning. A missing field is
 * counted.
 */
export type TestUsage = { readonly [Count in keyof GeneratedUsage]?: number | undefined }

/** A tool call of the model. */
export type TestToolCall = {
  /** The name of a tool that the request offers. */
  readonly name: string
  /** An object, or a text, which may be invalid JSON as models write it. @default {} */
  readonly arguments?: string | Readonly<Record<string, unknown>> | undefined
}

/**
 * - `rate_limit` (429), `server_error` (500), `unavailable` (503), `context_length`, `content_filter` (400): refusals
 * - `reset`: the connection is reset before a response; `hang`: there is no response
 * - `cut`: the connection breaks during the answer; `cut_clean`: the answer ends early without an error
 * - `stall`: the answer stops, and the connection stays open; `malformed`: an event with invalid JSON
 * - `missing_done`: a stream without `[DONE]`; `content_filter_stream`: the content filter ends the answer
 * - `wrong_content_type`: a page of HTML, as proxies send
 */
export type TestFault = keyof typeof refusals | (typeof BREAKS)[number] | (typeof OTHER_FAULTS)[number]

/** Faults during an answer. */
export const BREAKS = ['cut', 'cut_clean', 'stall', 'malformed'] as const
const OTHER_FAULTS = ['reset', 'hang', 'missing_done', 'content_filter_stream', 'wrong_content_type'] as const
const FAULT = check.oneOf(...Object.keys(refusals), ...BREAKS, ...OTHER_FAULTS)

export const EVENTS_BEFORE_FAULT = 3

const TOKENS: check.ChecksOf<TestUsage> = {
  inputTokens: check.whole(0),
  cachedInputTokens: check.whole(0),
  outputTokens: check.whole(0),
  reasoningTokens: check.whole(0),
}
const TOOL_CALL: check.ChecksOf<TestToolCall> = {
  name: check.required(check.text),
  arguments: check.either(check.anyText, check.mapOf(check.anything)),
}
const REFUSAL: check.ChecksOf<TestRefusal> = {
  status: check.required(check.whole(400, 599)),
  code: check.text,
  message: check.text,
  param: check.text,
}
const ANSWER: check.ChecksOf<TestAnswer> = {
  text: check.anyText,
  toolCalls: check.listOf(check.objectOf(TOOL_CALL)),
  usage: check.objectOf(TOKENS),
  fault: check.either(FAULT, check.objectOf(REFUSAL)),
  afterEvents: check.whole(0),
  retryAfterMs: check.milliseconds(0),
  latencyMs: check.milliseconds(0),
  msPerToken: check.milliseconds(0),
}

export const SCRIPTED_ANSWER = check.either(check.anyText, check.objectOf(ANSWER))
export const SCRIPT = check.either(check.listOf(SCRIPTED_ANSWER), check.func)
