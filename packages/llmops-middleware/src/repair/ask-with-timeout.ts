import { onAbort } from '../on-abort.ts'
import type { Timing } from '../timing.ts'
import type { AskModel } from './repair-options.ts'
import type { RepairRequest } from './repair-request.ts'

/** The model did not answer within the timeout of the repair. */
export class AskTimeout extends Error {}

/**
 * Asks a model. Settles with its answer, the signal or the timeout, whichever comes first. A later answer is ignored.
 *
 * @throws AskTimeout if the timeout has passed.
 */
export function askWithTimeout(
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
    const stopTimer = after(() => stop(new AskTimeout()), timeoutMs)
    const removeAbortListener = onAbort(signal, stop)
    const asking = (async () => askModel({ ...request, signal: controller.signal }))()
    asking.then(resolve, reject).finally(() => {
      stopTimer()
      removeAbortListener()
    })
  })
}
