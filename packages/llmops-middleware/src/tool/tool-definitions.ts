import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema } from '../repair/index.ts'
import type { ToolCallOptions } from './tool.ts'

type Described = { readonly name: string; readonly description: string; readonly parameters: JsonSchema }

/** Returns the definition of a tool in the format of each API. */
export function definitionsOf({ name, description, parameters }: Described) {
  return {
    /** The definition for `tools` of a chat completion. */
    definition: { type: 'function', function: { name, description, parameters } },
    /** The definition for `tools` of OpenAI's Responses API, which treats a tool as strict by default. */
    responsesDefinition: { type: 'function', name, description, parameters, strict: false },
    /** The definition for `tools` of Anthropic's Messages API. */
    anthropicDefinition: { name, description, input_schema: { ...parameters, type: 'object' } },
  } as const
}

/** Returns a tool for the AI SDK, which calls it by itself. The arguments are repaired and validated here. */
export function aiSdkToolOf<Result>(
  { description, parameters }: Described,
  call: (args: unknown, options: ToolCallOptions) => Promise<Result>,
) {
  // A copy, because the AI SDK changes the schema that it gets.
  const jsonSchema = () => structuredClone(parameters) as Record<string, unknown>
  const inputSchema: StandardSchemaV1<unknown> & StandardJSONSchemaV1<unknown> = {
    '~standard': {
      version: 1,
      vendor: 'llmops-middleware',
      validate: (value) => ({ value }),
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  }
  const execute = (input: unknown, options: { readonly toolCallId: string; readonly abortSignal?: AbortSignal }) =>
    call(input, { id: options.toolCallId, signal: options.abortSignal })
  return { description, inputSchema, execute }
}
