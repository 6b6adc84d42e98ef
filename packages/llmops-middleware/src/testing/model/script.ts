import * as check from '../../check.ts'
import { type GeneratedUsage, refusals, type TestRefusal } from '../wire/index.ts'
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
  /** What the provider says was used, in place of what is counted. @default a token for each four characters */
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

/** The tokens that an answer reports: input with the cached ones, output with the reasoning. What is left out is counted. */
export type TestUsage = { readonly [Count in keyof GeneratedUsage]?: number | undefined }

/** A call of a tool that the model asks for. */
export type TestToolCall = {
  /** The name of a tool that the request offers. */
  readonly name: string
  /** An object, or the text itself, as broken as models write it. @default {} */
  readonly arguments?: string | Readonly<Record<string, unknown>> | undefined
}

/**
 * - `rate_limit` (429), `server_error` (500), `unavailable` (503), `context_length`, `content_filter` (400): refusals
 * - `reset`: the connection is refused; `hang`: nothing ever comes
 * - `cut`: the connection breaks inside the answer; `cut_clean`: the answer ends there as if it were whole
 * - `stall`: nothing comes any more; `malformed`: JSON that is none; `missing_done`: a stream without its `[DONE]`
 * - `content_filter_stream`: the provider's filter ends the answer
 * - `wrong_content_type`: a page of HTML, as proxies answer
 */
export type TestFault = keyof typeof refusals | (typeof BREAKS)[number] | (typeof OTHER_FAULTS)[number]

/** They break an answer in its middle. */
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
