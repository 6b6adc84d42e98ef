import { randomUUID } from 'node:crypto'
import { checkOptions } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { joinSignals } from '../joined-signal.ts'
import { compose } from '../pipeline.ts'
import { compileSchema, type JsonSchema, type Schema, type Validator } from '../repair/index.ts'
import { currentTask, lifeOf, recordOf } from '../task.ts'
import { TaskEndedError } from '../task-ended-error.ts'
import { CALL_OPTIONS, type Tool, type ToolCallOptions } from './tool.ts'
import type { ToolCall, ToolLayer, ToolResult } from './tool-call.ts'
import { type RunnerOptions, toolCallRunner } from './tool-call-runner.ts'
import { aiSdkToolOf, definitionsOf } from './tool-definitions.ts'
import { checkToolOptions, type ToolOptions } from './tool-options.ts'

/** @param server the MCP server that has the tool; undefined for a tool of the application */
export type ToolFactory = <S extends Schema, Result>(
  options: ToolOptions<S, Result>,
  server?: ToolCall['server'],
) => Tool<Result>

export type ToolFactoryOptions = RunnerOptions & {
  /** Layers around the whole call, outermost first. */
  readonly layers?: readonly ToolLayer[]
}

/** Creates `ops.tool`, which makes tools with validation, repair, limits and fallbacks. */
export function createToolFactory({ layers = [], ...runnerOptions }: ToolFactoryOptions = {}): ToolFactory {
  return <S extends Schema, Result>(options: ToolOptions<S, Result>, server?: ToolCall['server']): Tool<Result> => {
    checkToolOptions(options as ToolOptions)
    const { name, description, effect = 'effect' } = options
    const validator = compileSchema(options.parameters, 'parameters', `tool '${name}'`)
    const parameters = parametersOf(name, options.parameters, validator)
    const output = options.output && compileSchema(options.output, 'output', `tool '${name}'`).jsonSchema
    const run = toolCallRunner(options, validator, runnerOptions)

    async function execute(args: unknown, callOptions: ToolCallOptions = {}): Promise<ToolResult<Result>> {
      checkOptions(callOptions, CALL_OPTIONS)
      const task = currentTask()
      const begun = lifeOf(task)?.begin()
      if (task?.signal.aborted) {
        recordOf(task)!.callLost()
        begun!.end()
        throw new TaskEndedError(task.id, task.signal.reason)
      }
      const { signal, release } = joinSignals(callOptions.signal, task?.signal)
      const id = callOptions.id ?? randomUUID()
      const call: ToolCall = {
        id,
        tool: name,
        server,
        idempotencyKey: callOptions.key ?? `${task?.id ?? 'no-task'}:${name}:${id}`,
        effect,
        args,
        writtenBy: callOptions.writtenBy ?? 'model',
        tenant: task?.tenant,
        task,
        signal,
      }
      const act = run(callOptions)
      try {
        return (await compose(layers, act)(call)) as ToolResult<Result>
      } catch (error) {
        if (task?.signal.aborted && !callOptions.signal?.aborted) recordOf(task)!.callLost()
        throw error
      } finally {
        release()
        begun?.end()
      }
    }

    const call = async (args: unknown, callOptions?: ToolCallOptions) => (await execute(args, callOptions)).value
    const described = { name, description, parameters }
    const aiSdkTool = aiSdkToolOf(described, call)
    return { ...described, output, effect, ...definitionsOf(described), aiSdkTool, execute, call }
  }
}

/** Returns the JSON Schema that the model gets. */
function parametersOf(tool: string, schema: Schema, { jsonSchema, whyNoJsonSchema }: Validator): JsonSchema {
  if (jsonSchema) return jsonSchema
  const accepted = 'a schema that can be converted to JSON Schema'
  const problem = `of tool '${tool}' must be ${accepted}; ${whyNoJsonSchema}`
  throw new InvalidOptionError('parameters', schema, accepted, undefined, problem)
}
