import type { Response } from 'express'
import { onAbort } from '../on-abort.ts'
import { failureClassOf, lifeOf, recordOf, type Task } from '../task.ts'
import { sendProblem } from './problem.ts'
import { problemOf } from './problem-of.ts'

const REFUSALS: ReadonlySet<string | undefined> = new Set(['budget_exceeded', 'run_budget_exceeded'])

/** Ends a response that its handler leaves open: a grace period after its task was aborted, or after a refusal. */
export function endLeftOpen(task: Task, response: Response, graceMs: number): void {
  const life = lifeOf(task)!
  let timer: NodeJS.Timeout | undefined
  const later = (act: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(act, graceMs).unref()
  }
  const letGo = onAbort(task.signal, (reason) => later(() => end(task, response, reason)))
  /** Nothing of the task but its handler is open, and that writes nothing. */
  const endIfIdle = (bytes: number) => {
    const { modelFailure } = recordOf(task)!
    if (life.open > 1 || !REFUSALS.has(modelFailure?.reason)) return
    if (bytesOf(response) === bytes) end(task, response, refusalOf(modelFailure!.reason))
    else watch()
  }
  const watch = () => later(endIfIdle.bind(undefined, bytesOf(response)))
  life.onEnd(() => {
    if (!task.signal.aborted && REFUSALS.has(recordOf(task)!.modelFailure?.reason)) watch()
  })
  response.once('close', () => {
    clearTimeout(timer)
    letGo()
    life.onEnd(undefined)
  })
}

function bytesOf({ socket }: Response): number {
  return socket?.bytesWritten ?? 0
}

function refusalOf(code: string) {
  return { code, message: 'The budget refused a model call, and the request was not answered.' }
}

function end(task: Task, response: Response, reason: unknown): void {
  if (response.writableFinished || response.destroyed) return
  // Everything is written, and its caller does not read it.
  if (response.writableEnded) return void response.destroy()
  const problem = problemOf(reason)
  response.locals['problemCode'] = problem.code
  response.locals['failureClass'] = failureClassOf(reason, task)
  if (response.headersSent) response.destroy()
  else sendProblem(response, problem)
}
