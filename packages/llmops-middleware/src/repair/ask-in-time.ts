import { onAbort } from '../on-abort.ts'
import type { Timing } from '../timing.ts'
import type { AskModel } from './repair-options.ts'
import type { RepairRequest } from './repair-request.ts'

/** The model did not answer within the time that repair may take. */
export class NoAnswerInTime extends Error {}

/**
 * Asks a model, and ends with its answer, the signal or the time, whichever comes first: what it says later is not heard.
 *
 * @throws NoAnswerInTime when the time is up.
 */
export function askInTime(
  askModel: AskModel,
  request: RepairRequest,
  {
    signal,
    timeoutMs,
    after,
  }: {
    readonly signal: AbortSignal | undefined
    readonly timeoutMs: number
    readonly after: Timing['after']
  },
): Promise<unknown> {
  const controller = new AbortController()
  return new Promise((resolve, reject) => {
    const stop = (reason: unknown) => {
      controller.abort(reason)
      reject(reason)
    }
    const stopTimer = after(() => stop(new NoAnswerInTime()), timeoutMs)
    const letGo = onAbort(signal, stop)
    const asking = (async () => askModel({ ...request, signal: controller.signal }))()
    asking.then(resolve, reject).finally(() => {
      stopTimer()
      letGo()
    })
  })
}
