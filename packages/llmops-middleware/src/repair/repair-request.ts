import { keysOf } from './pointer.ts'
import type { JsonSchema, SchemaIssue } from './schema.ts'

/** A request to a model to repair arguments. */
export type RepairRequest = {
  /** The number of the attempt; the first is 1. */
  readonly attempt: number
  /** What the schema does not accept, with the path of each issue. */
  readonly issues: readonly SchemaIssue[]
  /** The messages to send: a system message and a user message with the arguments and their schema. */
  readonly messages: readonly [
    { readonly role: 'system'; readonly content: string },
    { readonly role: 'user'; readonly content: string },
  ]
  /** Aborted when the answer is no longer needed. */
  readonly signal: AbortSignal | undefined
}

const INSTRUCTION =
  'You repair the arguments of a tool call. You get their JSON Schema, the arguments and what is wrong with them. ' +
  'Answer with the corrected JSON object that fits the schema, and nothing else. Do not invent what you were not told.'

/**
 * Builds a request from the schema, the current arguments and their issues. Earlier attempts are not included, so that
 * the tenth attempt costs the same as the first (instructor #2056: ten retries grew to 506 times the context).
 */
export function repairRequest(
  schema: JsonSchema | undefined,
  args: unknown,
  issues: readonly SchemaIssue[],
  { attempt, context, signal }: { attempt: number; context: string | undefined; signal: AbortSignal | undefined },
): RepairRequest {
  const asked = { schema: schema ?? {}, arguments: args ?? null, issues, ...(context ? { context } : {}) }
  const content = written(asked) ?? JSON.stringify({ ...asked, arguments: null })
  return {
    attempt,
    issues,
    signal,
    messages: [
      { role: 'system', content: INSTRUCTION },
      { role: 'user', content },
    ],
  }
}

/** Returns undefined for a circular value or a BigInt. Then the issues say so. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/**
 * Returns the part of a schema that the issues are about, and the part of the value that is valid. Most arguments are
 * wrong in one field, and asking for one field is cheap. Undefined if the issues are not only about fields.
 */
export function failedPart(schema: JsonSchema | undefined, value: unknown, issues: readonly SchemaIssue[]) {
  const properties = schema?.['properties'] as Record<string, JsonSchema> | undefined
  if (!properties || typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const names = new Set(issues.map(({ path }) => keysOf(path)[0] ?? ''))
  if ([...names].some((name) => !Object.hasOwn(properties, name)) || names.size === Object.keys(properties).length) {
    return undefined
  }
  const entries = Object.entries(value)
  return {
    names,
    schema: {
      type: 'object',
      additionalProperties: false,
      required: [...names],
      properties: Object.fromEntries([...names].map((name) => [name, properties[name]])),
      ...partsReferredTo(schema),
    },
    kept: Object.fromEntries(entries.filter(([name]) => !names.has(name))),
    failed: Object.fromEntries(entries.filter(([name]) => names.has(name))),
  }
}

/** Returns the definitions of a schema, which its fields may refer to. */
function partsReferredTo({ $defs, definitions }: JsonSchema = {}): JsonSchema {
  return { ...($defs !== undefined && { $defs }), ...(definitions !== undefined && { definitions }) }
}
