import type { Task } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { canonicalJson, canonicalText } from './canonical-json.ts'
import type { CheckedAnswer } from './checked-result.ts'
import { withNote } from './note.ts'
import { type PastCall, RepeatedCalls } from './repeated-calls.ts'
import type { ToolCall } from './tool-call.ts'
import { ToolCallLimitError } from './tool-call-limit-error.ts'
import { ToolLoopError } from './tool-loop-error.ts'
import { usableResult } from './usable-result.ts'

/** By task, then by the name of the tool, because a tool may be created again within a task. */
const callsOf = new WeakMap<Task, Map<string, RepeatedCalls>>()

/** Runs a call, and calls `onArguments` once the arguments are known. */
export type GuardedAct = (onArguments: (args: unknown) => void) => Promise<CheckedAnswer>

export type LoopGuard = (call: ToolCall, act: GuardedAct) => Promise<CheckedAnswer>

type GuardedTool = {
  readonly name: string
  readonly effect?: ToolEffect | undefined
  readonly maxRepeats?: number | 'off' | undefined
  /** With a schema, the note is not put into the value. */
  readonly output?: unknown
}

/**
 * Ends the loop of a model that keeps calling a tool with the same arguments and gets the same result. From half of
 * `maxRepeats` on, the result has a note for the model. The call that reaches `maxRepeats` throws and fails its task; a
 * call after that aborts the task, even if the program caught the error. A tool with an effect has acted by then, so it
 * only gets the note.
 */
export function loopGuard({ name, effect = 'effect', maxRepeats = 6, output }: GuardedTool): LoopGuard {
  if (maxRepeats === 'off') return (_, act) => act(() => {})
  const noteFrom = Math.max(2, Math.ceil(maxRepeats / 2))
  const isEffect = effect === 'effect'

  return async ({ task, args, signal }, act) => {
    if (!task) return act(() => {})
    let canonicalArgs: string | undefined
    let answer: CheckedAnswer
    try {
      answer = await act((args) => {
        // Written now, because the function may change them.
        canonicalArgs = canonicalOf(args)
      })
    } catch (error) {
      const isLimit = ToolCallLimitError.isInstance(error)
      const times = signal.aborted
        ? 0
        : isLimit
          ? countRefusal(task, error)
          : countFailure(task, name, canonicalArgs ?? canonicalOf(args), error)
      if (times < maxRepeats || (isEffect && !isLimit)) throw error
      throw end(task, new ToolLoopError(name, times, error), maxRepeats)
    }
    const times = count(task, name, { args: canonicalArgs ?? canonicalOf(args), result: answer.value.json })
    if (times < noteFrom) return answer
    if (times >= maxRepeats && !isEffect) throw end(task, new ToolLoopError(name, times), maxRepeats)
    return withRepeatNote(answer, noteOf(name, times, isEffect), output === undefined)
  }
}

function count(task: Task, tool: string, call: PastCall): number {
  const tools = callsOf.get(task) ?? new Map<string, RepeatedCalls>()
  callsOf.set(task, tools)
  const calls = tools.get(tool) ?? new RepeatedCalls()
  tools.set(tool, calls)
  return calls.add(call)
}

function countFailure(task: Task, tool: string, args: string, error: unknown): number {
  const { name, message } = error instanceof Error ? error : { name: '', message: String(error) }
  return count(task, tool, { args, result: `${name}\n${message}` })
}

/** Counts refusals regardless of the arguments, because the limit refuses every call. */
function countRefusal(task: Task, { tool, code, limitOf }: ToolCallLimitError): number {
  return count(task, limitOf === 'tool' ? tool : '', { args: code, result: code })
}

function end(task: Task, error: ToolLoopError, maxRepeats: number): ToolLoopError {
  task.fail(error.code)
  if (error.calls > maxRepeats) task.abort(error)
  return error
}

function noteOf(tool: string, times: number, isEffect: boolean): string {
  const same = `This is call ${times} of ${tool} in this task with the same arguments and the same result.`
  return isEffect
    ? `${same} Each of these calls may have had its effect. Do not call it again for the same thing.`
    : `${same} Calling it again will return the same: answer with what you have, or try something else.`
}

function withRepeatNote(answer: CheckedAnswer, note: string, mayChangeValue: boolean): CheckedAnswer {
  const { value, json, note: before } = answer.value
  const notes = before === undefined ? note : `${before} ${note}`
  return { ...answer, value: { value: mayChangeValue ? withNote(value, note) : value, json, note: notes } }
}

function canonicalOf(args: unknown): string {
  if (typeof args === 'string') return canonicalText(args)
  try {
    return canonicalJson(args)
  } catch {
    // A Standard Schema may convert arguments to anything.
    return usableResult(args, 1024 * 1024).json
  }
}
