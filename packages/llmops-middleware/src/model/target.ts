import { anyText, type ChecksOf, either, flag, func, mapOf, required, text, where, whole } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import { type Finish, finish } from './finish.ts'

/** One place that can answer: a model at an endpoint, as you would configure an SDK for it. */
export type Target = {
  /** Unique; shows in spans and errors. */
  readonly name: string
  /** What it is priced as, and what is asked for unless `deployment` says otherwise. */
  readonly model: string
  /** The name that its endpoint knows the model by. @default model */
  readonly deployment?: string
  /**
   * As an SDK's `baseURL`: `https://api.openai.com/v1`, `https://acct.openai.azure.com/openai/v1`.
   *
   * @default where the request was going
   */
  readonly baseUrl?: string
  /**
   * Headers of each request, in place of the credentials that the SDK gave; a function is called once an attempt.
   *
   * @default those of the SDK
   */
  readonly headers?: Readonly<Record<string, string>> | (() => MaybePromise<Readonly<Record<string, string>>>)
  /**
   * The most input and output tokens together: a request that is too long for one target goes to a larger one.
   *
   * @default no limit is known
   */
  readonly contextTokens?: number
  /** What its streams have to end with. @default the option `finish` */
  readonly finish?: Finish
  /** Whether it goes on from a last message of the assistant. @default true */
  readonly acceptsPrefill?: boolean
}

export const TARGET_OPTIONS: ChecksOf<Target> = {
  name: required(text),
  model: required(text),
  deployment: text,
  baseUrl: where(
    'an http or https URL',
    (value) => typeof value === 'string' && /^https?:\/\//.test(URL.parse(value)?.href ?? ''),
  ),
  headers: either(mapOf(anyText), func),
  contextTokens: whole(1, undefined, 'tokens'),
  finish,
  acceptsPrefill: flag,
}

const OPERATION =
  /\/((?:(?:chat|fim)\/)?completions|responses(?:\/compact)?|embeddings|messages|language-model|images\/(?:generations|edits|variations)|audio\/(?:speech|transcriptions|translations)|models\/[^/:]+:\w+)\/?$/i

/** The URL of the same operation at this target. */
export function targetUrl(url: URL, { baseUrl }: Target): URL {
  if (baseUrl === undefined) return url
  const operation = OPERATION.exec(url.pathname)?.[1] ?? ''
  const moved = new URL(baseUrl)
  moved.pathname = `${moved.pathname.replace(/\/$/, '')}/${operation}`
  // Its own query goes before the request's: an endpoint has its own api-version.
  if (moved.search === '') moved.search = url.search
  return moved
}

const CREDENTIALS = ['authorization', 'api-key', 'x-api-key']

export async function targetHeaders(headers: Headers, { headers: own }: Target): Promise<Headers> {
  if (own === undefined) return headers
  const changed = new Headers(headers)
  for (const name of CREDENTIALS) changed.delete(name)
  for (const [name, value] of Object.entries(typeof own === 'function' ? await own() : own)) changed.set(name, value)
  return changed
}
