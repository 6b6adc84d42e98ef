import { createHash } from 'node:crypto'
import type { JsonSchema } from '../repair/index.ts'
import { canonicalJson } from '../tool/index.ts'

/** The definition of a tool as its server sends it. Nothing in it is trusted. */
export type ToolDefinition = {
  readonly name: string
  readonly title: string | undefined
  readonly description: string | undefined
  readonly inputSchema: JsonSchema
  readonly outputSchema: JsonSchema | undefined
  readonly annotations: { readonly readOnlyHint?: unknown; readonly idempotentHint?: unknown }
}

/** In characters of JSON. A larger definition would cost a model too much, and take too long to compile. */
const MAX_LENGTH = 100_000
/** In characters. The specification recommends 128. */
const MAX_NAME_LENGTH = 1000

/** Returns undefined if it is not the definition of a tool. */
export function definitionOf(listed: unknown): ToolDefinition | undefined {
  if (!isObject(listed) || typeof listed.name !== 'string' || listed.name === '') return undefined
  const { name, title, description, inputSchema, outputSchema, annotations } = listed
  return {
    name,
    title: typeof title === 'string' ? title : undefined,
    description: typeof description === 'string' ? description : undefined,
    inputSchema: isObject(inputSchema) ? inputSchema : {},
    outputSchema: isObject(outputSchema) ? outputSchema : undefined,
    annotations: isObject(annotations) ? annotations : {},
  }
}

/**
 * Returns a hash of the definition that does not depend on the order of members. Undefined for a definition that is too
 * large or nested too deeply.
 */
export function hashOfDefinition(definition: ToolDefinition): string | undefined {
  if (definition.name.length > MAX_NAME_LENGTH) return undefined
  try {
    const json = canonicalJson(definition)
    return json.length > MAX_LENGTH ? undefined : `sha256-${createHash('sha256').update(json).digest('base64url')}`
  } catch {
    return undefined
  }
}

export const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
