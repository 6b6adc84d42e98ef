import type { ServerResponse } from 'node:http'
import { bindEvents } from '../bind-events.ts'
import { ClientDisconnectedError } from '../client-disconnected-error.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { onAbort } from '../on-abort.ts'
import { abortReasonOf, failureClassOf, recordOf, type Task } from '../task.ts'
import { endLeftOpen } from './end-left-open.ts'
import type { Failure } from './failure.ts'
import type { Problem } from './problem.ts'
import { problemOf } from './problem-of.ts'

/** A request that a framework answers with a `ServerResponse` of Node. */
export type NodeExchange = {
  readonly response: ServerResponse
  readonly graceMs: number
  /** Sends a problem, where nothing was sent yet. */
  send(problem: Problem): void
  /** Runs the handler of the request. */
  proceed(): void
}

const failures = new WeakMap<ServerResponse, Failure>()

/** Remembers how a request failed, for the outcome of its task. */
export function noteFailure(response: ServerResponse, failure: Failure): void {
  failures.set(response, failure)
}

/** Runs a handler in the task of its request. The task ends with the response, which determines its outcome. */
export async function runNodeExchange(task: Task, exchange: NodeExchange): Promise<void> {
  const { response, graceMs, proceed } = exchange
  answerAtDeadline(task, exchange)
  watchSigns(task, response)
  bindEvents(response.req)
  endLeftOpen(task, openResponse(task, exchange), graceMs)
  const ended = responseEnded(response)
  // The client may have disconnected while the tenant was looked up.
  if (!response.destroyed) proceed()
  classify(task, response, await ended)
}

function openResponse(task: Task, exchange: NodeExchange) {
  const { response } = exchange
  return {
    progress: () => response.socket?.bytesWritten ?? 0,
    end(reason: unknown) {
      if (response.writableFinished || response.destroyed) return
      // Everything is written, but the client does not read it.
      if (response.writableEnded) return void response.destroy()
      fail(task, exchange, reason)
      if (response.headersSent && !response.writableEnded) response.destroy()
    },
    onceClosed: (act: () => void) => void response.once('close', act),
  }
}

/** Answers at the deadline if the handler ignores the task's signal, so that the client does not wait forever. */
function answerAtDeadline(task: Task, exchange: NodeExchange): void {
  const { response } = exchange
  const answer = (reason: unknown) => {
    if (!DeadlineExceededError.isInstance(reason) || response.headersSent || response.destroyed) return
    fail(task, exchange, reason)
  }
  // One turn later, so that a handler that obeys the signal can answer first.
  onAbort(task.signal, (reason) => setImmediate(answer, reason))
}

function fail(task: Task, { response, send }: NodeExchange, reason: unknown): void {
  const problem = problemOf(reason)
  noteFailure(response, { problem, failureClass: failureClassOf(reason, task) })
  if (!response.headersSent) send(problem)
}

function responseEnded(response: ServerResponse): Promise<'finished' | 'disconnected'> {
  return new Promise((resolve) => {
    const closed = () => resolve(response.writableFinished ? 'finished' : 'disconnected')
    if (response.destroyed) return closed()
    response.once('finish', () => resolve('finished'))
    response.once('close', closed)
  })
}

function classify(task: Task, response: ServerResponse, end: 'finished' | 'disconnected'): void {
  const failure = failures.get(response)
  // On the socket, a response that was cut because its handler failed looks like a disconnected client.
  if (end === 'disconnected' && !task.signal.aborted) task.abort(new ClientDisconnectedError(task.id))
  if (task.outcome) return
  if (failure) task.fail(failure.problem.code, failure.failureClass)
  else if (end === 'disconnected') task.fail(abortReasonOf(task.signal), failureClassOf(task.signal.reason, task))
  else if (response.statusCode >= 500) task.fail(`http_${response.statusCode}`, recordOf(task)?.modelFailure?.class)
}

/** Counts each write of the response as a sign of life to the client. */
function watchSigns(task: Task, response: ServerResponse): void {
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
