import { malformed as malformedAnswer, StreamBrokenError } from '../../model/index.ts'
import { breakOff } from './break-off.ts'
import { ChaosMalformed } from './chaos-malformed.ts'
import type { Fault } from './fault.ts'

export const malformed: Fault = {
  error: (target) => new ChaosMalformed(target),

  /**
   * Corrupts a good answer. For JSON, the caller gets the same 502 as for half a document from a provider. For a
   * stream, it gets the first event and then an error.
   */
  async hitModel(call, ask, hit) {
    const result = await ask()
    // An error response of the provider must reach the caller unchanged.
    if (result.status >= 300) return result
    hit.record()
    const error = new ChaosMalformed('model')
    const completion = result.completion.then((completion) => ({ ...completion, status: 'broken' as const, error }))
    const { body } = result
    if (!body.pieces) {
      return malformedAnswer(call, `The answer of model '${call.model}' is not JSON (injected by chaos).`, completion)
    }
    const broken = new StreamBrokenError(call.model, 0, { cause: error })
    return { ...result, completion, body: { ...body, pieces: breakOff(body.pieces, broken) } }
  },

  /** Returns the first half of the result, as text. */
  async hitTool(_, run, hit) {
    const value = await run()
    hit.record()
    const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
    return text.slice(0, Math.floor(text.length / 2))
  },
}
