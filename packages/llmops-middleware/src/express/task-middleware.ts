import type { Request, RequestHandler, Response } from 'express'
import { type ChecksOf, checkOptions, func, having, milliseconds, required } from '../check.ts'
import { ClientDisconnectedError } from '../client-disconnected-error.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { InvalidOptionError } from '../errors.ts'
import type { FailureClass } from '../failure-class.ts'
import { onAbort } from '../on-abort.ts'
import {
  abortReasonOf,
  failureClassOf,
  recordOf,
  TASK_OPTIONS,
  type Task,
  type TaskOptions,
  type TaskRunner,
} from '../task.ts'
import { endLeftOpen } from './end-left-open.ts'
import { sendProblem } from './problem.ts'
import { problemOf } from './problem-of.ts'
import { UnknownTenantError } from './unknown-tenant-error.ts'

export type TaskMiddlewareOptions = {
  /** What `createLlmOps` returned. */
  readonly ops: { readonly task: TaskRunner }
  /**
   * Who pays. Nothing of the request is trusted unless this function trusts it. Undefined means the default tenant,
   * or 401 when there is none.
   */
  readonly tenant: (request: Request) => string | undefined
  /** Milliseconds after which a task is aborted and answered with 504. @default no deadline */
  readonly deadlineMs?: number | undefined
  /**
   * Milliseconds after which a response is ended that its handler leaves open: after the deadline, or when the budget has
   * refused a call and nothing came after that. With no byte sent it is answered with the problem, else it is cut, so that
   * nobody takes it for whole.
   *
   * @default 10_000
   */
  readonly graceMs?: number | undefined
  /** `gen_ai.agent.name` of its tasks. @default `agentName` of `createLlmOps` */
  readonly name?: string | undefined
  /** Returns the conversation that a request belongs to, `gen_ai.conversation.id` of its spans. @default none */
  readonly conversationId?: ((request: Request) => string | undefined) | undefined
}

export const TASK_MIDDLEWARE_OPTIONS: ChecksOf<TaskMiddlewareOptions> = {
  ops: required(having('what createLlmOps returned', 'task')),
  tenant: required({ ...func, accepts: 'a function of the request that returns the name of who pays' }),
  deadlineMs: TASK_OPTIONS.deadlineMs,
  graceMs: milliseconds(),
  name: TASK_OPTIONS.name,
  conversationId: func,
}

/** Where a response says which task answered it. */
export const TASK_ID_HEADER = 'x-task-id'

/**
 * Runs the rest of the request inside a task, which ends when the response does. It fails when an error reached
 * `problemHandler`, when the status is 500 or more, or when the client left, unless the handler classified it itself.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.post('/chat', taskMiddleware({ ops, tenant: (request) => request.auth?.tenant }), chat)
 */
export function taskMiddleware(options: TaskMiddlewareOptions): RequestHandler {
  checkOptions(options, TASK_MIDDLEWARE_OPTIONS)
  const { ops, tenant, deadlineMs, graceMs = 10_000, name, conversationId } = options
  return (request, response, next) => {
    let hasBegun = false
    const run = async (task: Task) => {
      hasBegun = true
      Object.assign(response.locals, { task, taskId: task.id })
      response.setHeader(TASK_ID_HEADER, task.id)
      answerAtDeadline(task, response)
      watchSigns(task, response)
      endLeftOpen(task, response, graceMs)
      const ended = responseEnded(response)
      next()
      classify(task, response, await ended)
    }
    const payer = tenant(request)
    const conversation = conversationId?.(request)
    const taskOptions: TaskOptions = {
      ...(payer !== undefined && { tenant: payer }),
      ...(conversation && { conversationId: conversation }),
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(name !== undefined && { name }),
    }
    ops.task(taskOptions, run).catch((error: unknown) => {
      // What handlers throw goes to the error handler by itself; only a task that never began is ours to report.
      if (!hasBegun) next(isAboutTenant(error) ? new UnknownTenantError(error) : error)
    })
  }
}

function responseEnded(response: Response): Promise<'finished' | 'disconnected'> {
  return new Promise((resolve) => {
    response.once('finish', () => resolve('finished'))
    response.once('close', () => resolve(response.writableFinished ? 'finished' : 'disconnected'))
  })
}

function classify(task: Task, response: Response, end: 'finished' | 'disconnected'): void {
  const problemCode: unknown = response.locals['problemCode']
  const hasLeft = end === 'disconnected' && problemCode === undefined
  // An answer that is cut because its handler failed looks to the socket as if the client had left.
  if (end === 'disconnected' && !task.signal.aborted) task.abort(new ClientDisconnectedError(task.id))
  if (task.outcome) return
  if (hasLeft) task.fail(abortReasonOf(task.signal), failureClassOf(task.signal.reason, task))
  else if (typeof problemCode === 'string') task.fail(problemCode, response.locals['failureClass'] as FailureClass)
  else if (response.statusCode >= 500) task.fail(`http_${response.statusCode}`, recordOf(task)?.modelFailure?.class)
}

/** The first byte of its answer is what tells a client that something comes. */
function watchSigns(task: Task, response: Response): void {
  const record = recordOf(task)
  record?.showSignsByResponse()
  for (const name of ['write', 'end'] as const) {
    const send: (...parameters: never[]) => unknown = response[name]
    const sendAndSign = (...parameters: never[]) => {
      record?.sign('response')
      return send.apply(response, parameters)
    }
    Object.assign(response, { [name]: sendAndSign })
  }
}

/** A handler that does not hear the task's signal must not keep its client waiting for ever. */
function answerAtDeadline(task: Task, response: Response): void {
  const answer = (reason: unknown) => {
    if (!DeadlineExceededError.isInstance(reason) || response.headersSent || response.destroyed) return
    response.locals['problemCode'] = reason.code
    response.locals['failureClass'] = failureClassOf(reason, task)
    sendProblem(response, problemOf(reason))
  }
  // One turn later: a handler that does hear it answers first, in its own words.
  onAbort(task.signal, (reason) => setImmediate(answer, reason))
}

function isAboutTenant(error: unknown): boolean {
  return InvalidOptionError.isInstance(error) && error.option === 'tenant'
}
