import { anyText, type ChecksOf, either, flag, func, mapOf, required, text, where, whole } from '../check.ts'
import type { MaybePromise } from '../pipeline.ts'
import { type Finish, finish } from './finish.ts'

/** A model at an endpoint that can answer calls, configured like an SDK for it. */
export type Target = {
  /** A unique name, for spans and errors. */
  readonly name: string
  /** The model whose price applies. It is also the name in the request, unless `deployment` is set. */
  readonly model: string
  /** The name of the model at its endpoint. @default model */
  readonly deployment?: string | undefined
  /**
   * Like an SDK's `baseURL`: `https://api.openai.com/v1`, `https://acct.openai.azure.com/openai/v1`.
   *
   * @default the endpoint of the request
   */
  readonly baseUrl?: string | undefined
  /**
   * Headers of each request, which replace the SDK's credentials. A function is called once per attempt.
   *
   * @default the SDK's headers
   */
  readonly headers?:
    | Readonly<Record<string, string>>
    | (() => MaybePromise<Readonly<Record<string, string>>>)
    | undefined
  /**
   * The most input and output tokens together. A request that is too long for one target goes to a larger one.
   *
   * @default no limit
   */
  readonly contextTokens?: number | undefined
  /** How its streams must end to count as complete. @default the option `finish` */
  readonly finish?: Finish | undefined
  /** Whether it accepts an assistant message as the last one, and continues it. @default true */
  readonly acceptsPrefill?: boolean | undefined
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

/** Returns the URL of the same operation at a target. */
export function targetUrl(url: URL, { baseUrl }: Target): URL {
  if (baseUrl === undefined) return url
  const operation = OPERATION.exec(url.pathname)?.[1] ?? ''
  const moved = new URL(baseUrl)
  moved.pathname = `${moved.pathname.replace(/\/$/, '')}/${operation}`
  // The target's query takes precedence, because each endpoint has its own api-version.
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
