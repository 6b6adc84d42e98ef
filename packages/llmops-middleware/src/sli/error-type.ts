import type { Completion } from '../model/index.ts'

/** `error.type` of anything thrown: its stable code, else its class, never its message, which has no bounds. */
export function errorTypeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && code.length > 0) return code
  if (typeof name === 'string' && name.length > 0 && error instanceof Error) return name
  return '_OTHER'
}

/** `error.type` of a model call; undefined when it completed. The HTTP status where the provider answered with one. */
export function errorTypeOfCompletion({ status, error }: Completion, httpStatus: number | undefined) {
  if (status === 'completed') return undefined
  if (status === 'failed' && httpStatus !== undefined && httpStatus >= 400) return String(httpStatus)
  return error === undefined ? status : errorTypeOf(error)
}
