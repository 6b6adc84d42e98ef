import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { InvalidOptionError } from '../errors.ts'
import type { MaybePromise } from '../pipeline.ts'
import { checkPlain } from './check-plain.ts'

/** A JSON Schema (draft 2020-12 or 07), or any Standard Schema: zod, valibot, arktype. */
export type Schema = JsonSchema | StandardSchemaV1

export type JsonSchema = { readonly [keyword: string]: unknown }

/** `path` is a JSON Pointer: '' is the value itself, `/items/0/price` a part of it. */
export type SchemaIssue = { readonly path: string; readonly message: string }

export type Validation =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] }

export interface Validator {
  /** Never throws on data: whatever it is, the result says. A Standard Schema may change the value. */
  validate(value: unknown): MaybePromise<Validation>
  /** The same for a value in which `checkPlain` has found nothing, without walking it again. */
  validatePlain(value: unknown): MaybePromise<Validation>
  /** As JSON Schema, for the model and for coercion; undefined when the schema cannot say. */
  readonly jsonSchema: JsonSchema | undefined
}

const ajv = new Ajv2020({ allErrors: true, strict: false, logger: false })
addFormats.default(ajv)

/** Compiling takes milliseconds, and a schema is an object that lives as long as its tool. */
const compiled = new WeakMap<object, Validator>()

/**
 * Compiles a schema once; the same object gives the same validator.
 *
 * @param option that the schema was given as, for the message of the error.
 * @throws InvalidOptionError when it is no schema.
 * @example compileSchema({ type: 'object', required: ['city'] }).validate({}) // { ok: false, issues: [{ path: '', … }] }
 */
export function compileSchema(schema: Schema, option = 'schema'): Validator {
  if (schema === null || (typeof schema !== 'object' && typeof schema !== 'function')) {
    throw new InvalidOptionError(option, schema, 'a JSON Schema or a Standard Schema')
  }
  const known = compiled.get(schema)
  if (known) return known
  const [jsonSchema, validatePlain] = isStandardSchema(schema)
    ? [jsonSchemaOf(schema), fromStandardSchema(schema)]
    : [schema, fromJsonSchema(schema, option)]
  const validator: Validator = {
    jsonSchema,
    validatePlain,
    validate(value) {
      const issue = checkPlain(value)
      return issue ? { ok: false, issues: [issue] } : validatePlain(value)
    },
  }
  compiled.set(schema, validator)
  return validator
}

type Validate = Validator['validatePlain']

function fromJsonSchema(schema: JsonSchema, option: string): Validate {
  let check: ReturnType<typeof ajv.compile>
  try {
    // The dialect's name alone would make Ajv look for its meta-schema; both dialects are read alike.
    const { $schema: _dialect, ...rest } = schema
    check = ajv.compile(rest)
  } catch (error) {
    throw new InvalidOptionError(option, schema, `a JSON Schema; ${(error as Error).message}`)
  }
  return (value) => (check(value) ? { ok: true, value } : { ok: false, issues: (check.errors ?? []).map(issueOf) })
}

function issueOf({ instancePath, keyword, params, message = 'is not valid' }: ErrorObject): SchemaIssue {
  switch (keyword) {
    case 'required':
      return { path: `${instancePath}/${params['missingProperty']}`, message: 'is missing' }
    case 'additionalProperties':
      return { path: `${instancePath}/${params['additionalProperty']}`, message: 'is not a field of it' }
    case 'enum':
      return { path: instancePath, message: `must be one of ${JSON.stringify(params['allowedValues']).slice(0, 500)}` }
    default:
      return { path: instancePath, message }
  }
}

function fromStandardSchema(schema: StandardSchemaV1): Validate {
  const standard = schema['~standard']
  const read = (result: StandardSchemaV1.Result<unknown>): Validation =>
    result.issues ? { ok: false, issues: result.issues.map(standardIssue) } : { ok: true, value: result.value }
  return (value) => {
    const result = standard.validate(value)
    return result instanceof Promise ? result.then(read) : read(result)
  }
}

function standardIssue({ message, path = [] }: StandardSchemaV1.Issue): SchemaIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return { path: keys.map((key) => `/${String(key)}`).join(''), message }
}

/** Standard JSON Schema (standardschema.dev/json-schema): a vendor that has it says it on the same property. */
function jsonSchemaOf(schema: StandardSchemaV1): JsonSchema | undefined {
  const { jsonSchema } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>
  try {
    return jsonSchema?.input({ target: 'draft-2020-12' })
  } catch {
    return undefined
  }
}

function isStandardSchema(schema: Schema): schema is StandardSchemaV1 {
  return '~standard' in schema
}
