import { createHash } from 'node:crypto'
import type { StandardSchemaV1 } from '@standard-schema/spec'
import { InvalidOptionError } from '../errors.ts'
import { isPromise, type MaybePromise } from '../pipeline.ts'
import { checkPlain } from './check-plain.ts'
import { copyPlain } from './copy-plain.ts'
import { explainErrors } from './json-schema/explain-errors.ts'
import { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { TooManyComparisonsError } from './json-schema/work-limit.ts'
import { LeastRecentlyUsed } from './least-recently-used.ts'
import { asJsonSchema, isStandardSchema, validateByStandard } from './standard-schema.ts'

/**
 * A JSON Schema (drafts 04 to 2020-12, OpenAPI 3.0), or any Standard Schema: zod 4, valibot, arktype. Defaults are
 * filled in for both.
 */
export type Schema = JsonSchema | StandardSchemaV1

/** A JSON Schema as an object. */
export type JsonSchema = { readonly [keyword: string]: unknown }

/** One thing that is wrong with a value. */
export type SchemaIssue = {
  /** A JSON Pointer: '' is the value itself, `/items/0/price` a part of it. */
  readonly path: string
  /** What is wrong there. */
  readonly message: string
}

/** The result of a validation: the value, or the issues. */
export type Validation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] }

/** A schema that was compiled. */
export interface Validator {
  /**
   * Validates a value. Never throws, whatever the value is. A Standard Schema may convert the value.
   *
   * @param value the value to check
   */
  validate(value: unknown): MaybePromise<Validation>
  /**
   * Validates a value that `checkPlain` has accepted, without checking it again. Fills defaults in place.
   *
   * @param value the value to check
   */
  validatePlain(value: unknown): MaybePromise<Validation>
  /**
   * The schema as JSON Schema of draft 2020-12, for the model and for coercion. Undefined if it cannot be converted.
   */
  readonly jsonSchema: JsonSchema | undefined
  /** What cannot be converted to JSON Schema, and what to do. Undefined if there is a `jsonSchema`. */
  readonly whyNoJsonSchema?: string | undefined
  /** The compiled `jsonSchema`. @internal */
  readonly check?: JsonSchemaCheck | undefined
  /** Whether validation fills in defaults. */
  readonly fillsDefaults: boolean
  /** Whether a Standard Schema validates, and its JSON Schema is only for coercion. */
  readonly isStandard: boolean
}

/** A schema is compiled once per object, and once per content. */
const byObject = new WeakMap<object, Validator>()
/** Compiling takes milliseconds, and MCP servers send new schema objects with each list of tools. */
const byContent = new LeastRecentlyUsed<string, Validator>(500)

/**
 * Compiles a schema once. The same object, or another JSON Schema with the same content, returns the same validator.
 *
 * @param owner what the schema belongs to, for error messages: `tool 'lookup'`
 * @param option the name of the option that has the schema, for error messages
 * @throws InvalidOptionError if it is not a schema; the message names the part that cannot be used.
 * @example compileSchema({ type: 'object', required: ['city'] }).validate({}) // { ok: false, issues: [{ path: '/city', … }] }
 */
export function compileSchema(schema: Schema, option = 'schema', owner?: string): Validator {
  if (schema === null || (typeof schema !== 'object' && typeof schema !== 'function') || Array.isArray(schema)) {
    throw new InvalidOptionError(option, schema, 'a JSON Schema or a Standard Schema')
  }
  const known = byObject.get(schema)
  if (known) return known
  try {
    const validator = isStandardSchema(schema) ? compileStandardSchema(schema) : compileJsonSchema(schema)
    byObject.set(schema, validator)
    return validator
  } catch (error) {
    const of = owner === undefined ? '' : ` of ${owner}`
    const problem = `${of ? `${of.trim()} ` : ''}cannot be used as JSON Schema: ${(error as Error).message}`
    throw new InvalidOptionError(option, schema, 'a JSON Schema or a Standard Schema', undefined, problem)
  }
}

function compileJsonSchema(schema: JsonSchema): Validator {
  const content = contentOf(schema)
  const known = content === undefined ? undefined : byContent.get(content)
  if (known) return known
  const check = new JsonSchemaCheck(schema)
  const validate = (value: unknown): Validation => {
    check.begin(value)
    try {
      const errors = check.errorsOf(value)
      return errors ? { ok: false, issues: explainErrors(check, errors) } : { ok: true, value }
    } catch (error) {
      if (!(error instanceof TooManyComparisonsError)) throw error
      return check.accepts(value) ? { ok: true, value } : { ok: false, issues: [TOO_MANY_COMPARISONS] }
    }
  }
  const validator = validatorOf(check, validate, check.hasDefaults)
  if (content !== undefined) byContent.set(content, validator)
  return validator
}

const TOO_MANY_COMPARISONS: SchemaIssue = {
  path: '',
  message: 'does not fit, or cannot be compared with all the forms that its schema allows: write it less nested',
}

function compileStandardSchema(schema: StandardSchemaV1): Validator {
  const { jsonSchema, problem } = asJsonSchema(schema)
  const check = jsonSchema && tryCheck(jsonSchema)
  return {
    ...validatorOf(check, validateByStandard(schema)),
    isStandard: true,
    jsonSchema: check?.schema ?? jsonSchema,
    whyNoJsonSchema: problem,
  }
}

/** For coercion only. The Standard Schema itself validates, so its JSON Schema may be incomplete. */
function tryCheck(jsonSchema: JsonSchema): JsonSchemaCheck | undefined {
  try {
    return new JsonSchemaCheck(jsonSchema, { canLeaveOut: true })
  } catch {
    return undefined
  }
}

function validatorOf(
  check: JsonSchemaCheck | undefined,
  validate: Validator['validatePlain'],
  fillsDefaults = false,
): Validator {
  const validatePlain: Validator['validatePlain'] = (value) => {
    try {
      const result = validate(value)
      return isPromise(result) ? result.catch(asIssue) : result
    } catch (error) {
      return asIssue(error)
    }
  }
  return {
    jsonSchema: check?.schema,
    check,
    fillsDefaults,
    isStandard: false,
    validatePlain,
    validate(value) {
      const issue = checkPlain(value, { names: check?.names })
      return issue ? { ok: false, issues: [issue] } : validatePlain(fillsDefaults ? copyPlain(value) : value)
    },
  }
}

/** Functions of a schema may throw, on unexpected values or because of a bug. */
function asIssue(error: unknown): Validation {
  const said = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
  return { ok: false, issues: [{ path: '', message: `could not be checked: its schema threw ${said.slice(0, 500)}` }] }
}

/** Returns the hash of the content. Undefined for a schema that JSON cannot represent. */
function contentOf(schema: JsonSchema): string | undefined {
  try {
    return createHash('sha256').update(JSON.stringify(schema)).digest('base64')
  } catch {
    return undefined
  }
}
