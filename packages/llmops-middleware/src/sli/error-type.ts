import { errorTypeOf } from '../error-type.ts'
import type { Completion } from '../model/index.ts'

/** `error.type` of a model call; undefined when it completed. The HTTP status where the provider answered with one. */
export function errorTypeOfCompletion({ status, error }: Completion, httpStatus: number | undefined) {
  if (status === 'completed') return undefined
  if (status === 'failed' && httpStatus !== undefined && httpStatus >= 400) return String(httpStatus)
  return error === undefined ? status : errorTypeOf(error)
}
