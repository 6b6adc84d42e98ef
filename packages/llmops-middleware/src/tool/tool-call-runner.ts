import { trace } from '@opentelemetry/api'
import { type FreeRepair, type Repaired, runRepaired, type Schema, type Validator } from '../repair/index.ts'
import { type NamedFunction, runChain } from './chain.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { type KeptResult, resultKeeper } from './keep-result.ts'
import type { ToolCallOptions } from './tool.ts'
import type { ToolCall, ToolResult } from './tool-call.ts'
import type { ArgumentsOf, ToolOptions } from './tool-options.ts'

export type RunnerOptions = {
  /** Around each function, also of a fallback: where a fault is injected, so that the next function can answer. */
  readonly around?: (
    target: { readonly tool: string; readonly tenant: string | undefined },
    run: () => unknown,
  ) => unknown
  /** Counts repairs. */
  readonly sli?: { repairRetried(attempt: number): void; repairedFreely(kind: FreeRepair): void }
}

/** What lies inside of a tool's layers: arguments are repaired and validated, wait for their place, and are run. */
export function toolCallRunner<S extends Schema, Result>(
  options: ToolOptions<S, Result>,
  validator: Validator,
  { around, sli }: RunnerOptions,
): (call: ToolCall, callOptions: ToolCallOptions) => Promise<ToolResult<Result>> {
  const { name, repair, timeoutMs = 30_000 } = options
  const keep = resultKeeper(options)
  const functions = functionsOf(options)
  const limit = new ConcurrencyLimit(options.maxConcurrent ?? Number.POSITIVE_INFINITY)
  const onRepair = (attempt: number) => sli?.repairRetried(attempt)
  const onFreeRepair = (kind: FreeRepair) => sli?.repairedFreely(kind)

  return async (call, { askModel = repair?.askModel, context, isComplete }) => {
    const { task, tenant, signal } = call
    const chain = {
      timeoutMs,
      signal,
      effect: call.effect,
      mayOverlap: options.maxConcurrent === undefined,
      around: around && ((tool: string, run: () => unknown) => around({ tool, tenant }, run)),
      keep,
      onFallback: markFallback,
    }
    const told = { deadlineAtMs: task?.deadlineAtMs, idempotencyKey: `${task?.id ?? 'no-task'}:${name}:${call.id}` }
    const run = (args: ArgumentsOf<S>, repaired: Repaired) => {
      if (repaired.wasRepaired) markRepaired(repaired)
      const context = { ...told, ...repaired }
      return limit.run((onStart) => runChain(functions, args, { ...chain, context, onStart }), signal)
    }
    const about = { tool: name, effect: call.effect, isComplete, context, signal }
    const asking = { ...repair, ...about, askModel, onRepair, onFreeRepair }
    const { value: kept, ...answered } = await runRepaired(validator, run, call.args, asking)
    const { value, note } = kept as KeptResult
    return { ...answered, value: value as Result, ...(note !== undefined && { note }) }
  }
}

function functionsOf<S extends Schema, Result>({
  name,
  run,
  fallbacks = [],
}: ToolOptions<S, Result>): readonly NamedFunction<ArgumentsOf<S>, Result>[] {
  return [{ name, run }, ...fallbacks.map((run, index) => ({ name: run.name || `${name} ${index + 2}`, run }))]
}

function markRepaired({ wasRepaired, repairs }: Repaired): void {
  trace.getActiveSpan()?.setAttributes({ 'agent.tool.was_repaired': wasRepaired, 'agent.tool.repairs': [...repairs] })
}

function markFallback({ tool, error }: { readonly tool: string; readonly error: unknown }): void {
  trace.getActiveSpan()?.addEvent('agent.tool.fallback', { tool, 'error.type': (error as Error).name })
}
