import type { Task } from '../task.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { canonicalJson, canonicalText } from './canonical-json.ts'
import type { KeptAnswer } from './keep-result.ts'
import { withNote } from './note.ts'
import { type PastCall, RepeatedCalls } from './repeated-calls.ts'
import type { ToolCall } from './tool-call.ts'
import { ToolCallLimitError } from './tool-call-limit-error.ts'
import { ToolLoopError } from './tool-loop-error.ts'
import { usableResult } from './usable-result.ts'

/** By task and tool. A tool may be made again within a task. */
const callsOf = new WeakMap<Task, Map<string, RepeatedCalls>>()

/** Runs a call, and says what it runs on once the arguments are known. */
export type GuardedAct = (onArguments: (args: unknown) => void) => Promise<KeptAnswer>

export type LoopGuard = (call: ToolCall, act: GuardedAct) => Promise<KeptAnswer>

type GuardedTool = {
  readonly name: string
  readonly effect?: ToolEffect
  readonly maxRepeats?: number | 'off'
  /** Puts the note where the model reads it. */
  readonly output?: unknown
}

/**
 * Ends the loop of a model that calls a tool again and again with the same arguments for the same result. From half of
 * `maxRepeats` on the model is told so. The call that reaches it throws, and its task has failed; one that comes after
 * that aborts the task, whoever caught the error. An effect has happened by then, so its caller is only told.
 */
export function loopGuard({ name, effect = 'effect', maxRepeats = 6, output }: GuardedTool): LoopGuard {
  if (maxRepeats === 'off') return (_, act) => act(() => {})
  const toldFrom = Math.max(2, Math.ceil(maxRepeats / 2))
  const isEffect = effect === 'effect'

  return async ({ task, args, signal }, act) => {
    if (!task) return act(() => {})
    let given: string | undefined
    let answer: KeptAnswer
    try {
      answer = await act((args) => {
        // Now: the function may change them.
        given = canonicalOf(args)
      })
    } catch (error) {
      const isLimit = ToolCallLimitError.isInstance(error)
      const times = signal.aborted
        ? 0
        : isLimit
          ? countRefusal(task, error)
          : countFailure(task, name, given ?? canonicalOf(args), error)
      if (times < maxRepeats || (isEffect && !isLimit)) throw error
      throw end(task, new ToolLoopError(name, times, error), maxRepeats)
    }
    const times = count(task, name, { args: given ?? canonicalOf(args), result: answer.value.json })
    if (times < toldFrom) return answer
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

/** Whatever the arguments: with others it is refused as well. */
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
    ? `${same} Each of them may have acted. Do not call it again for the same thing.`
    : `${same} Calling it again will say no more: answer with what there is, or try something else.`
}

function withRepeatNote(answer: KeptAnswer, note: string, mayChangeValue: boolean): KeptAnswer {
  const { value, json, note: before } = answer.value
  const notes = before === undefined ? note : `${before} ${note}`
  return { ...answer, value: { value: mayChangeValue ? withNote(value, note) : value, json, note: notes } }
}

function canonicalOf(args: unknown): string {
  if (typeof args === 'string') return canonicalText(args)
  try {
    return canonicalJson(args)
  } catch {
    // A Standard Schema makes of arguments whatever it likes.
    return usableResult(args, 1024 * 1024).json
  }
}
