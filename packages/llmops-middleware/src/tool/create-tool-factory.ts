import { randomUUID } from 'node:crypto'
import { trace } from '@opentelemetry/api'
import { compose } from '../pipeline.ts'
import type { AskModel } from '../repair/retry-with-repair.ts'
import type { JsonSchema, Schema } from '../repair/schema.ts'
import type { Sli } from '../sli/sli.ts'
import { currentTask } from '../task.ts'
import { ConcurrencyLimit } from './concurrency-limit.ts'
import { type ChainLink, runChain, type ToolContext } from './run-chain.ts'
import type { ToolCall, ToolLayer, ToolResult } from './tool-call.ts'
import { readToolOptions, type ToolOptions } from './tool-options.ts'
import { ToolResultTooLargeError } from './tool-result-too-large-error.ts'
import { validateLayer } from './validate-layer.ts'

export type ToolCallOptions = {
  /** The model's id of the call: with the task it makes the idempotency key. */
  readonly id?: string
  readonly signal?: AbortSignal
  /** Asks a model to mend the arguments; goes before the tool's own. */
  readonly askModel?: AskModel
  /** What the model should know to mend them, such as what the user asked. */
  readonly context?: string
}

/** A function that a model may call. */
export type Tool<Result = unknown> = {
  readonly name: string
  /** For `tools` of a chat completion. */
  readonly definition: {
    readonly type: 'function'
    readonly function: {
      readonly name: string
      readonly description: string
      readonly parameters: Record<string, unknown>
    }
  }
  /**
   * Calls it with the model's arguments, text or parsed, and gives what the function gave.
   *
   * @throws RepairFailedError when the arguments are beyond repair; nothing ran.
   * @throws NoToolAvailable when neither it nor its fallbacks can be reached.
   * @throws UnknownOutcomeError when it has an effect and nobody knows whether it had it: it ran when its time, the task's
   *   deadline or the caller's signal ended it, its answer was lost, or it threw a 5xx.
   */
  call(args: unknown, options?: ToolCallOptions): Promise<Result>
  /** The same, and who answered. */
  execute(args: unknown, options?: ToolCallOptions): Promise<ToolResult & { readonly value: Result }>
}

export type ToolFactory = <S extends Schema, Result>(options: ToolOptions<S, Result>) => Tool<Result>

export type ToolFactoryOptions = {
  /** Around the whole call, outermost first. */
  readonly layers?: readonly ToolLayer[]
  /** Around each function of the chain: where a fault is injected, so that a fallback can answer. */
  readonly linkLayers?: readonly ToolLayer[]
  readonly sli?: Pick<Sli, 'repairRetried'>
}

/** Makes `ops.tool`: tools whose calls are validated, mended, bounded, and fall back. */
export function createToolFactory({ layers = [], linkLayers = [], sli }: ToolFactoryOptions = {}): ToolFactory {
  return <S extends Schema, Result>(options: ToolOptions<S, Result>): Tool<Result> => {
    const settings = readToolOptions(options)
    const { name, description, run, fallbacks = [], repair = {} } = options
    const limit = new ConcurrencyLimit(settings.maxConcurrent)
    const functions = [
      { name, run },
      ...fallbacks.map((run, index) => ({ name: run.name || `${name} ${index + 2}`, run })),
    ]

    const links = functions.map(
      (link): ChainLink<ToolCall, Result> => ({
        name: link.name,
        run: (call, context) =>
          runLink(link.run as (args: unknown, context: ToolContext) => unknown, call, context, linkLayers, link.name),
      }),
    )

    async function runLinks(call: ToolCall): Promise<ToolResult> {
      const { value, answeredBy, index } = await limit.run(
        (keepPlace) =>
          runChain(links, call, {
            timeoutMs: settings.timeoutMs,
            signal: call.signal,
            deadlineAtMs: call.task?.deadlineAtMs,
            idempotencyKey: `${call.task?.id ?? 'no-task'}:${name}:${call.id}`,
            hasEffect: settings.effect === 'effect',
            onStart: keepPlace,
            onFallback: ({ tool, error }) =>
              trace.getActiveSpan()?.addEvent('agent.tool.fallback', { tool, 'error.type': (error as Error).name }),
          }),
        call.signal,
      )
      checkSize(name, value, settings.maxResultBytes)
      return { value, status: index === 0 ? 'ok' : 'fallback', answeredBy }
    }

    async function execute(args: unknown, { id, signal, askModel, context }: ToolCallOptions = {}) {
      const task = currentTask()
      const call: ToolCall = {
        id: id ?? randomUUID(),
        tool: name,
        effect: settings.effect,
        args,
        tenant: task?.tenant,
        task,
        signal: signalOf(signal, task?.signal),
      }
      const validate = validateLayer({
        ...repair,
        ...(askModel ? { askModel } : {}),
        schema: options.parameters,
        context,
        onRepair: (attempt) => sli?.repairRetried(attempt),
      })
      return (await compose([...layers, validate], runLinks)(call)) as ToolResult & { readonly value: Result }
    }

    const parameters = { ...(settings.validator.jsonSchema as JsonSchema) }
    delete parameters['$schema']
    return {
      name,
      definition: { type: 'function', function: { name, description, parameters } },
      execute,
      call: async (args, callOptions) => (await execute(args, callOptions)).value,
    }
  }
}

/** One function of the chain, inside its layers, which know it by its own name: a fault can hit one link alone. */
async function runLink<Result>(
  run: (args: unknown, context: ToolContext) => unknown,
  call: ToolCall,
  context: ToolContext,
  linkLayers: readonly ToolLayer[],
  answeredBy: string,
): Promise<Result> {
  const act = async ({ args }: ToolCall): Promise<ToolResult> => {
    // A layer may have taken its time.
    context.signal.throwIfAborted()
    return { value: await run(args, context), status: 'ok', answeredBy }
  }
  const { value } = await compose(linkLayers, act)({ ...call, tool: answeredBy, signal: context.signal })
  return value as Result
}

function signalOf(own: AbortSignal | undefined, task: AbortSignal | undefined): AbortSignal {
  if (own && task) return AbortSignal.any([own, task])
  return own ?? task ?? new AbortController().signal
}

function checkSize(tool: string, value: unknown, maxBytes: number): void {
  const bytes = Buffer.byteLength(typeof value === 'string' ? value : (JSON.stringify(value) ?? ''))
  if (bytes > maxBytes) throw new ToolResultTooLargeError(tool, bytes, maxBytes)
}
