import { keysOf } from './pointer.ts'
import type { JsonSchema, SchemaIssue } from './schema.ts'

/** What the model is asked to mend. */
export type RepairRequest = {
  /** 1 for the first. */
  readonly attempt: number
  /** What the schema does not accept, by path. */
  readonly issues: readonly SchemaIssue[]
  /** Ready to send: a system message and one user message, no longer than the arguments and their schema. */
  readonly messages: readonly [
    { readonly role: 'system'; readonly content: string },
    { readonly role: 'user'; readonly content: string },
  ]
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal | undefined
}

const INSTRUCTION =
  'You mend the arguments of a tool call. You get their JSON Schema, the arguments and what is wrong with them. ' +
  'Answer with the corrected JSON object that fits the schema, and nothing else. Do not invent what you were not told.'

/**
 * The schema, the arguments as they are now, and what is wrong with them now. Earlier attempts are not in it, so that the
 * tenth costs what the first did (instructor #2056: ten retries grew to 506 times the context).
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

/** Undefined for what contains itself or a BigInt, which is what the issues are about then. */
function written(value: unknown): string | undefined {
  try {
    return JSON.stringify(value)
  } catch {
    return undefined
  }
}

/**
 * The part of a schema that the issues are about, and the part of the value that is right: most answers are wrong in one
 * field, and asking for one field is cheap. Undefined when more is wrong than fields.
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

/** The definitions of a schema, which its fields may refer to. */
function partsReferredTo({ $defs, definitions }: JsonSchema = {}): JsonSchema {
  return { ...($defs !== undefined && { $defs }), ...(definitions !== undefined && { definitions }) }
}
