/**
 * Whether a handler threw a response of its own, as in Remix: then that is its answer. One that `fetch` gave has a URL, and is
 * what another service answered.
 */
export function isThrownResponse(thrown: unknown): thrown is Response {
  return Object.prototype.toString.call(thrown) === '[object Response]' && (thrown as Response).url === ''
}

/** The `digest` of what `redirect`, `notFound`, `headers` and others of Next.js throw, and of what it stops a build with. */
const NEXT_DIGEST = /^(?:NEXT_|DYNAMIC_SERVER_USAGE$|BAILOUT_TO_CLIENT_SIDE_RENDERING$|HANGING_PROMISE_REJECTION$)/

type Signal = {
  readonly digest?: unknown
  readonly getResponse?: unknown
  readonly status?: unknown
  readonly location?: unknown
  readonly body?: { readonly message?: unknown } | null
}

/**
 * Whether it was thrown for the framework to answer: by Next.js' `redirect` and `notFound`, Hono's `HTTPException`, SvelteKit's
 * `redirect` and `error`. It is not a failure, and only the framework can answer it.
 */
export function isForFramework(thrown: unknown): boolean {
  if (typeof thrown !== 'object' || thrown === null) return false
  const { digest, getResponse, status, location, body } = thrown as Signal
  if (typeof digest === 'string' && NEXT_DIGEST.test(digest)) return true
  if (typeof getResponse === 'function') return true
  const isOfSvelteKit = typeof location === 'string' || typeof body?.message === 'string'
  return !(thrown instanceof Error) && typeof status === 'number' && isOfSvelteKit
}

/** What is thrown again once its task is over. */
export class HandedOn {
  readonly thrown: unknown

  constructor(thrown: unknown) {
    this.thrown = thrown
  }

  /** The reason why its task failed; undefined for what is no failure. */
  get failure(): string | undefined {
    const { status } = this.thrown as Signal
    return typeof status === 'number' && status >= 500 ? `http_${status}` : undefined
  }
}
