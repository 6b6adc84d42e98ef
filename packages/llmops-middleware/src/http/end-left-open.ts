import { onAbort } from '../on-abort.ts'
import { lifeOf, recordOf, type Task } from '../task.ts'

const REFUSALS: ReadonlySet<string | undefined> = new Set(['budget_exceeded', 'run_budget_exceeded'])

/** A response that its handler has not ended. */
export type OpenResponse = {
  /** Returns a number that grows with what is written. */
  progress(): number
  /** Ends it: with a problem if nothing was sent, else by cutting it. */
  end(reason: unknown): void
  /** Calls `act` once it is closed. */
  onceClosed(act: () => void): void
}

/** Ends a response that its handler leaves open, a grace period after its task was aborted or after a refusal. */
export function endLeftOpen(task: Task, response: OpenResponse, graceMs: number): void {
  const life = lifeOf(task)!
  let timer: NodeJS.Timeout | undefined
  const later = (act: () => void) => {
    clearTimeout(timer)
    timer = setTimeout(act, graceMs).unref()
  }
  const removeAbortListener = onAbort(task.signal, (reason) => later(() => response.end(reason)))
  /** Ends the response if only the handler is open and it has written nothing since. */
  const endIfIdle = (progress: number) => {
    const { modelFailure } = recordOf(task)!
    if (life.open > 1 || !REFUSALS.has(modelFailure?.reason)) return
    if (response.progress() === progress) response.end(refusalOf(modelFailure!.reason))
    else watch()
  }
  const watch = () => later(endIfIdle.bind(undefined, response.progress()))
  const forget = life.onEnd(() => {
    if (!task.signal.aborted && REFUSALS.has(recordOf(task)!.modelFailure?.reason)) watch()
  })
  response.onceClosed(() => {
    clearTimeout(timer)
    removeAbortListener()
    forget()
  })
}

function refusalOf(code: string) {
  return { code, message: 'The budget refused a model call, and the request was not answered.' }
}
