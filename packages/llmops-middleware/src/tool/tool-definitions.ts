import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import type { JsonSchema } from '../repair/index.ts'
import type { ToolCallOptions } from './tool.ts'

type Described = { readonly name: string; readonly description: string; readonly parameters: JsonSchema }

/** A tool in the words of each API that takes its definition. */
export function definitionsOf({ name, description, parameters }: Described) {
  return {
    /** For `tools` of a chat completion. */
    definition: { type: 'function', function: { name, description, parameters } },
    /** For `tools` of OpenAI's Responses, which take a tool to be strict unless they are told. */
    responsesDefinition: { type: 'function', name, description, parameters, strict: false },
    /** For `tools` of Anthropic's messages. */
    anthropicDefinition: { name, description, input_schema: { ...parameters, type: 'object' } },
  } as const
}

/** A tool for the AI SDK, which calls it by itself, with arguments that are repaired and validated here. */
export function aiSdkToolOf<Result>(
  { description, parameters }: Described,
  call: (args: unknown, options: ToolCallOptions) => Promise<Result>,
) {
  // The AI SDK writes into the schema that it gets.
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
