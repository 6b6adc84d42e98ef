import { schemaProblem } from '../brain/arguments/schema-problem.ts'
import type { WireError } from './wire.ts'

/** A request that the provider refuses, and which of its parameters is why. */
export function invalid(param: string, message: string, code = 'invalid_value'): WireError {
  return { status: 400, code, message, param }
}

export function missing(param: string): WireError {
  return invalid(param, `Missing required parameter: '${param}'.`, 'missing_required_parameter')
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Absent or null, as SDKs send what was not set. */
export function isUnset(value: unknown): value is null | undefined {
  return value === undefined || value === null
}

export function isCount(value: unknown): value is number {
  return Number.isInteger(value) && (value as number) >= 1
}

/** The names of functions, as OpenAI and Anthropic accept them. */
export const TOOL_NAME = /^[a-zA-Z0-9_-]{1,64}$/

/** A tool's parameters or an answer's form that is no schema. */
export function invalidSchema(param: string, name: string, schema: unknown): WireError | undefined {
  const problem = isUnset(schema) ? undefined : schemaProblem(schema)
  return problem ? invalid(param, `Invalid schema for '${name}': ${problem}.`, 'invalid_schema') : undefined
}
