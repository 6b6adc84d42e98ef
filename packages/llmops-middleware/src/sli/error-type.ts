import { errorTypeOf } from '../error-type.ts'
import type { Completion } from '../model/index.ts'

/**
 * Returns `error.type` of a model call: the HTTP status if the provider returned an error, undefined if the call
 * completed.
 */
export function errorTypeOfCompletion({ status, error }: Completion, httpStatus: number | undefined) {
  if (status === 'completed') return undefined
  if (status === 'failed' && httpStatus !== undefined && httpStatus >= 400) return String(httpStatus)
  return error === undefined ? status : errorTypeOf(error)
}
