import { trace } from '@opentelemetry/api'
import type { ToolNotes } from '../call-notes.ts'
import { errorTypeOf } from '../error-type.ts'
import { type FreeRepair, type Repaired, runRepaired, type Schema, type Validator } from '../repair/index.ts'
import { spanEvent } from '../span-event.ts'
import { recordOf } from '../task.ts'
import type { Timing } from '../timing.ts'
import { runChain } from './chain.ts'
import { type CheckedAnswer, type CheckResult, resultChecker } from './checked-result.ts'
import { ConcurrencyLimit, type Place } from './concurrency-limit.ts'
import type { NamedFunction, Watch } from './function-run.ts'
import { loopGuard } from './loop-guard.ts'
import { effectStarter, type Starter } from './start-once.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall, ToolResult } from './tool-call.ts'
import { ToolCallLimitError } from './tool-call-limit-error.ts'
import { type PayFor, payer } from './tool-cost.ts'
import type { ArgumentsOf, ToolOptions } from './tool-options.ts'

export type RunnerOptions = {
  /** Wraps each function, including fallbacks. Faults are injected here, so that the next function can answer. */
  readonly around?: (
    target: {
      readonly tool: string
      readonly tenant: string | undefined
      readonly notes?: ToolNotes | undefined
    },
    run: () => unknown,
  ) => unknown
  /** Holds the most that a call can cost. Without it, tool calls are free. */
  readonly payFor?: PayFor
  /** Counts repairs. */
  readonly sli?: { repairRetried(attempt: number): void; repairedFreely(kind: FreeRepair): void }
  /** Measures the time of functions and of repairs by a model. @default the real clock */
  readonly timing?: Pick<Timing, 'after' | 'monotonicMs'>
}

/**
 * Returns what a tool's layers surround: it repairs and validates the arguments, waits for a free place, and runs the
 * functions.
 */
export function toolCallRunner<S extends Schema, Result>(
  options: ToolOptions<S, Result>,
  validator: Validator,
  { around, payFor, sli, timing }: RunnerOptions,
): (callOptions: ToolCallOptions) => (call: ToolCall) => Promise<ToolResult> {
  const { name, repair, effect = 'effect', maxCalls, timeoutMs = 30_000 } = options
  const checkResult = resultChecker(options)
  const pay = payer(options.costUsd, payFor)
  const functions = functionsOf(options)
  const limit = options.maxConcurrent === undefined ? undefined : new ConcurrencyLimit(options.maxConcurrent)
  const onRepair = (attempt: number) => {
    sli?.repairRetried(attempt)
    spanEvent('agent.tool.repair', { kind: 'model', attempt })
  }
  const onFreeRepair = (kind: FreeRepair) => {
    sli?.repairedFreely(kind)
    spanEvent('agent.tool.repair', { kind })
  }
  const asked = { ...repair, tool: name, effect, timing, onRepair, onFreeRepair }

  function run(call: ToolCall, callOptions: ToolCallOptions, progress: CallProgress): Promise<CheckedAnswer> {
    const { task, tenant, signal, idempotencyKey, notes } = call
    const { askModel = repair?.askModel, context, isComplete } = callOptions
    const aroundOne = around && ((tool: string, run: () => unknown) => around({ tool, tenant, notes }, run))
    const deadlineAtMs = task?.deadlineAtMs
    const act = (args: ArgumentsOf<S>, repaired: Repaired) => {
      if (repaired.wasRepaired) markRepaired(repaired, notes)
      progress.onArguments(args)
      const context = { deadlineAtMs, idempotencyKey, ...repaired }
      const chain = (watch: Watch | undefined, checkResult: CheckResult, place: Place | undefined) =>
        runChain(functions, args, {
          timeoutMs,
          signal,
          effect,
          timing,
          mayOverlap: limit === undefined,
          around: aroundOne,
          onFallback: (fallback) => markFallback(fallback, notes),
          context,
          checkResult,
          watch,
          place,
        })
      const runIn = (place: Place | undefined) => {
        if (!pay) return chain(progress.watch, checkResult, place)
        return pay(call, progress.watch, (watch, onResult) => {
          const checkPaidResult = (result: unknown) => {
            onResult(result)
            return checkResult(result)
          }
          return chain(watch, checkPaidResult, place)
        })
      }
      return limit ? limit.run(runIn, signal) : runIn(undefined)
    }
    const asking = { ...asked, isComplete, context, signal, askModel }
    return runRepaired(validator, act, call.args, asking) as Promise<CheckedAnswer>
  }

  const starter = effectStarter()
  const guard = loopGuard(options)
  return (callOptions) => {
    const startOnce: Starter = effect === 'effect' ? starter(callOptions) : startAlways
    return async (call) => {
      const answer = await guard(call, (onArguments) => {
        takeCall(call, maxCalls)
        return startOnce(call, (call, watch) =>
          registerEffect(call, watch, (watch) => run(call, callOptions, { onArguments, watch })),
        )
      })
      return passedOn(answer)
    }
  }
}

/** What is notified of the progress of a call. */
type CallProgress = { readonly onArguments: (args: unknown) => void; readonly watch: Watch | undefined }

/** Registers running effects, so that the task can name them when its deadline passes. */
function registerEffect<T>(
  { task, tool, effect, idempotencyKey }: ToolCall,
  watch: Watch | undefined,
  run: (watch: Watch | undefined) => Promise<T>,
): Promise<T> {
  const record = recordOf(task)
  if (!record || effect === 'read') return run(watch)
  const running = { tool, idempotencyKey }
  const started = () => {
    record.effectStarted(running)
    watch?.started()
  }
  const ended = () => record.effectEnded(running)
  const result = run({ started, failed: (error) => watch?.failed(error) })
  // Registered here, so that it runs before the caller gets the result.
  result.then(ended, ended)
  return result
}

/** @throws ToolCallLimitError if its task has reached the limit of calls of this tool, or of all tools. */
function takeCall({ task, tool }: ToolCall, maxCalls: number | undefined): void {
  const refused = recordOf(task)?.takeToolCall(tool, maxCalls)
  if (!refused) return
  const error = new ToolCallLimitError(tool, refused.maxCalls, refused.limitOf)
  spanEvent('agent.tool.refusal', { 'error.type': error.code, 'agent.limit': refused.maxCalls })
  throw error
}

/** For calls that may be repeated. */
const startAlways: Starter = (call, run) => run(call, undefined)

function passedOn({ value: { value, note }, ...answered }: CheckedAnswer): ToolResult {
  return { ...answered, value, ...(note !== undefined && { note }) }
}

function functionsOf<S extends Schema, Result>({
  name,
  run,
  fallbacks = [],
}: ToolOptions<S, Result>): readonly NamedFunction<ArgumentsOf<S>, Result>[] {
  return [{ name, run }, ...fallbacks.map((run, index) => ({ name: run.name || `${name} ${index + 2}`, run }))]
}

function markRepaired({ wasRepaired, repairs }: Repaired, notes: ToolNotes | undefined): void {
  notes?.repaired(repairs)
  trace.getActiveSpan()?.setAttributes({ 'agent.tool.was_repaired': wasRepaired, 'agent.tool.repairs': [...repairs] })
}

type Fallback = { readonly tool: string; readonly error: unknown }

function markFallback({ tool, error }: Fallback, notes: ToolNotes | undefined): void {
  notes?.fellBack(tool, error)
  spanEvent('agent.tool.fallback', { tool, 'error.type': errorTypeOf(error) })
}
