/** What came of one question: its answer, or why there is none; and how long it took. */
export type Asked<T> = { readonly ms: number } & (
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: Error & { readonly code?: string } }
)

/** No answer came in time. */
export class NoAnswerError extends Error {
  override readonly name = 'NoAnswerError'
  readonly code = 'no_answer'

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`)
  }
}

/** Asks, and waits no longer than the limit, whatever it is that does not come. Never rejects. */
export async function bounded<T>(
  limitMs: number,
  signal: AbortSignal,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<Asked<T>> {
  const startedAtMs = performance.now()
  const limit = new AbortController()
  const either = AbortSignal.any([limit.signal, signal])
  const timer = setTimeout(() => limit.abort(new NoAnswerError(limitMs)), limitMs)
  const ended = new Promise<never>((_, reject) => {
    either.addEventListener('abort', () => reject(either.reason), { once: true })
  })
  try {
    either.throwIfAborted()
    const value = await Promise.race([ask(either), ended])
    return { ok: true, value, ms: since(startedAtMs) }
  } catch (error) {
    return { ok: false, error: either.aborted ? either.reason : error, ms: since(startedAtMs) } as Asked<T>
  } finally {
    clearTimeout(timer)
    // What the probe still runs ends too, and the promise above rejects while nothing awaits it.
    ended.catch(() => {})
    limit.abort()
  }
}

export function since(startedAtMs: number): number {
  return Math.round(performance.now() - startedAtMs)
}

/** The code of an error or of what caused it, else its message. */
export function reasonOf(error: unknown): string {
  const { code, message, cause, errors } = (error ?? {}) as {
    code?: unknown
    message?: string
    cause?: unknown
    errors?: unknown[]
  }
  if (typeof code === 'string' && code !== 'no_answer') return code
  if (errors?.[0]) return reasonOf(errors[0])
  if (cause) return reasonOf(cause)
  return message ?? String(error)
}
