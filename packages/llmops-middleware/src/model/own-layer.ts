import { describeValue } from '../describe-value.ts'
import { InvalidOptionError, LlmOpsError } from '../errors.ts'
import type { ModelCall, ModelLayer } from './model-call.ts'
import { type ModelResult, refused } from './model-result.ts'

const ACCEPTED = 'a function that returns the result of `next(call)` or of `refused(call, error)`'

/**
 * Refuses the call with an error that names the layer if a layer of the application throws, or returns no result. SDKs
 * report an exception inside `fetch` as a failed connection, and retry it. An error of `next` passes through as it is.
 */
export function ownModelLayer(layer: ModelLayer, index: number): ModelLayer {
  const option = `layers.model[${index}]`
  return async (call, next) => {
    let hasNextFailed = false
    const watched = (passed: ModelCall) =>
      next(passed).catch((error: unknown) => {
        hasNextFailed = true
        throw error
      })
    try {
      const result: unknown = await layer(call, watched)
      if (isResult(result)) return result
      throw new InvalidOptionError(option, layer, ACCEPTED, forgotten(result), `returned ${describeValue(result)}`)
    } catch (error) {
      if (hasNextFailed || call.signal.aborted) throw error
      return refusedFor(call, LlmOpsError.isInstance(error) ? error : whatItThrew(option, layer, error))
    }
  }
}

function isResult(result: unknown): result is ModelResult {
  return typeof result === 'object' && result !== null && 'completion' in result && 'body' in result
}

function forgotten(result: unknown): string {
  const hint = 'A layer must return the result of `next(call)`, or of `refused(call, error)`.'
  return result === undefined ? `${hint} Is a \`return\` missing?` : hint
}

function whatItThrew(option: string, layer: ModelLayer, error: unknown): InvalidOptionError {
  const hint = 'To refuse a call, return `refused(call, error)`.'
  return new InvalidOptionError(option, layer, ACCEPTED, hint, `threw ${String(error)}`)
}

function refusedFor(call: ModelCall, { message, code }: LlmOpsError): ModelResult {
  return refused(call, { message: `${message} The call was not answered.`, type: 'layer_error', code })
}
