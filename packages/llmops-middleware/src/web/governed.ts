import { type ChecksOf, checkOptions, checkValue, func, required } from '../check.ts'
import { ClientDisconnectedError } from '../client-disconnected-error.ts'
import {
  describeFailure,
  endLeftOpen,
  FAILURE_OPTIONS,
  type FailureOptions,
  problemAnswer,
  REQUEST_TASK_OPTIONS,
  type RequestTaskOptions,
  runRequest,
  TASK_ID_HEADER,
} from '../http/index.ts'
import { onAbort } from '../on-abort.ts'
import { lifeOf, recordOf, type Task } from '../task.ts'
import { checkRequest } from './check-request.ts'
import { FetchResponse } from './fetch-response.ts'
import { markUnreadable } from './mark-unreadable.ts'
import { toResponse } from './response.ts'
import { HandedOn, isForFramework, isThrownResponse } from './thrown-answer.ts'

/** A handler that Next.js, Hono, Bun, Deno and others call with a request and their own further arguments. */
export type FetchHandler<Rest extends readonly unknown[] = []> = (
  request: Request,
  ...rest: Rest
) => Response | Promise<Response>

/** The functions get the arguments of the handler, and declare the types of those after the request. */
export type GovernedOptions = RequestTaskOptions<[request: Request, ...rest: never[]]> & FailureOptions

export const GOVERNED_OPTIONS: ChecksOf<GovernedOptions> = { ...REQUEST_TASK_OPTIONS, ...FAILURE_OPTIONS }

const HANDLER = required({ ...func, accepts: 'a function of a request that returns a Response' })

/**
 * Runs each request in a task of its own, which lasts until the response was read. An error that the handler throws is
 * answered as problem details (RFC 9457); a client that leaves, or a deadline, aborts the task.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example export const POST = governed({ ops, tenant: (request) => tenantOf(request) }, async (request) => answer(request))
 */
export function governed<Rest extends readonly unknown[] = []>(
  options: GovernedOptions,
  handler: FetchHandler<Rest>,
): (request: Request, ...rest: Rest) => Promise<Response> {
  checkOptions(options, GOVERNED_OPTIONS)
  checkValue(handler, HANDLER, 'handler')
  const { describe, log, graceMs = 10_000, ...taskOptions } = options
  const failureOptions = { describe, log }
  return async (request, ...rest) => {
    // Rejects: a framework that passes something else takes no Response either.
    checkRequest(request)
    const served = await answer()
    if (served instanceof HandedOn) throw served.thrown
    return served

    async function answer(): Promise<Response | HandedOn> {
      let begun: Task | undefined
      try {
        return await runRequest(taskOptions, [request, ...(rest as readonly unknown[] as never[])], (task) => {
          begun = task
          return serve(task, request)
        })
      } catch (error) {
        if (!begun && isThrownResponse(error)) return error
        if (!begun && isForFramework(error)) return new HandedOn(error)
        const failure = describeFailure(error, begun, failureOptions)
        const headers = begun && { [TASK_ID_HEADER]: begun.id }
        const answer = problemAnswer(failure.problem, begun?.id)
        return toResponse({ ...answer, headers: { ...answer.headers, ...headers } })
      }
    }

    async function serve(task: Task, { signal }: Request): Promise<Response | HandedOn> {
      abortWith(signal, task)
      markUnreadable(request)
      const response = new FetchResponse(task)
      endLeftOpen(task, response, graceMs)
      try {
        task.signal.throwIfAborted()
        return response.open(await Promise.race([handled(), response.ended]))
      } catch (error) {
        response.close()
        if (!task.signal.aborted && isForFramework(error)) return handOn(task, error)
        const { problem, failureClass } = describeFailure(error, task, { describe, log: () => {} })
        if (!task.outcome) task.fail(problem.code, failureClass)
        throw error
      }
    }

    async function handled(): Promise<Response> {
      try {
        return await handler(request, ...rest)
      } catch (thrown) {
        if (isThrownResponse(thrown)) return thrown
        throw thrown
      }
    }
  }
}

function handOn(task: Task, thrown: unknown): HandedOn {
  const handedOn = new HandedOn(thrown)
  if (handedOn.failure && !task.outcome) task.fail(handedOn.failure)
  return handedOn
}

/** Some servers abort the signal of answered requests too: by then the task is over, and the abort has no effect. */
function abortWith(signal: AbortSignal, task: Task): void {
  const letGo = onAbort(signal, () => task.abort(new ClientDisconnectedError(task.id)))
  lifeOf(task)!.whenClosed(letGo)
  recordOf(task)!.showSignsByResponse()
}
