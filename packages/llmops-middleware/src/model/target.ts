import type { MaybePromise } from '../pipeline.ts'

/** One place that can answer: a model at an endpoint, as you would configure an SDK for it. */
export type Target = {
  /** Unique; shows in spans and errors. */
  readonly name: string
  /** What it is priced as, and what is asked for unless `deployment` says otherwise. */
  readonly model: string
  /** The name that its endpoint knows the model by. */
  readonly deployment?: string
  /**
   * As an SDK's `baseURL`: `https://api.openai.com/v1`, `https://acct.openai.azure.com/openai/v1`. Default: where the
   * request was going.
   */
  readonly baseUrl?: string
  /** Set on each request, in place of the credentials that the SDK gave. Called once an attempt. */
  readonly headers?: Readonly<Record<string, string>> | (() => MaybePromise<Readonly<Record<string, string>>>)
  /** The most input and output tokens together: a request that is too long for one target goes to a larger one. */
  readonly contextTokens?: number
  /** Whether it goes on from a last message of the assistant. Default true. */
  readonly acceptsPrefill?: boolean
}

const OPERATION = /\/(chat\/completions|responses|embeddings|messages)\/?$/

/** The URL of the same operation at this target. */
export function targetUrl(url: URL, { baseUrl }: Target): URL {
  if (baseUrl === undefined) return url
  const operation = OPERATION.exec(url.pathname)?.[1] ?? ''
  const moved = new URL(`${baseUrl.replace(/\/$/, '')}/${operation}`)
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
