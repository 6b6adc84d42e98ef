import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { classOf } from '../describe-value.ts'
import { isPromise } from '../pipeline.ts'
import { pointerTo } from './pointer.ts'
import type { JsonSchema, Schema, SchemaIssue, Validation, Validator } from './schema.ts'

/** @throws Error for a schema of a library that does not implement Standard Schema. */
export function isStandardSchema(schema: Schema): schema is StandardSchemaV1 {
  if ('~standard' in schema) return true
  if (isOfZod3(schema)) throw new Error('it is a schema of zod 3; use zod 4')
  if (typeof schema === 'function') throw new Error('it is a function')
  if (schema instanceof Promise) throw new Error('it is a promise: await it first')
  // An instance of a class has no keywords, and a JSON Schema without keywords would accept everything.
  if (!isPlainObject(schema))
    throw new Error(`it is an object of class ${classOf(schema)}, which does not implement Standard Schema`)
  const field = fieldWithSchema(schema, new Set())
  if (field !== undefined) throw new Error(`${field} is a schema of a library: wrap all of it, as in z.object({ … })`)
  return false
}

const isOfZod3 = (schema: object) => '_def' in schema && 'safeParse' in schema

/** A JSON Schema that zod created has `~standard` too, but no functions. */
function isOfLibrary(value: object): boolean {
  const hasFunction = () => Object.values(value).some((member) => typeof member === 'function')
  return isOfZod3(value) || ('~standard' in value && (!isPlainObject(value) || hasFunction()))
}

/** Also for objects of another realm, such as those that Jest creates. */
function isPlainObject(value: object): boolean {
  const prototype: object | null = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

/** Returns the path of a library's schema inside a JSON Schema, where it would be ignored. */
function fieldWithSchema(part: object, passed: Set<object>, path = ''): string | undefined {
  if (passed.has(part)) return undefined
  passed.add(part)
  for (const [name, value] of Object.entries(part)) {
    if (typeof value !== 'object' || value === null) continue
    const at = `${path}${pointerTo(name)}`
    if (isOfLibrary(value)) return at
    const found = fieldWithSchema(value, passed, at)
    if (found !== undefined) return found
  }
  return undefined
}

export function validateByStandard(schema: StandardSchemaV1): Validator['validatePlain'] {
  const standard = schema['~standard']
  const read = (result: StandardSchemaV1.Result<unknown>): Validation =>
    result.issues ? { ok: false, issues: result.issues.map(issueOf) } : { ok: true, value: result.value }
  return (value) => {
    const result = standard.validate(value)
    return isPromise(result) ? Promise.resolve(result).then(read) : read(result)
  }
}

function issueOf({ message, path = [] }: StandardSchemaV1.Issue): SchemaIssue {
  const keys = path.map((segment) => (typeof segment === 'object' ? segment.key : segment))
  return { path: pointerTo(...keys.map(String)), message }
}

type Converted = { readonly jsonSchema: JsonSchema | undefined; readonly problem?: string }

/** Converts with Standard JSON Schema (standardschema.dev/json-schema), if the library implements it. */
export function asJsonSchema(schema: StandardSchemaV1): Converted {
  const { jsonSchema, vendor } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>
  if (!jsonSchema) return { jsonSchema: undefined, problem: howToConvert(vendor) }
  try {
    return { jsonSchema: convert(schema) }
  } catch (error) {
    return {
      jsonSchema: undefined,
      problem: `${pathOfProblem(schema) || 'it'} cannot be converted: ${(error as Error).message}`,
    }
  }
}

function convert(schema: StandardSchemaV1): JsonSchema {
  return (schema['~standard'] as unknown as StandardJSONSchemaV1.Props).jsonSchema.input({ target: 'draft-2020-12' })
}

function howToConvert(vendor: string | undefined): string {
  if (vendor === 'zod') return 'zod 3 cannot do it: use zod 4'
  if (vendor === 'valibot') return 'wrap it in toStandardJsonSchema() of @valibot/to-json-schema'
  return `${vendor ?? 'its library'} does not offer Standard JSON Schema`
}

/** Returns the path of the field that cannot be converted, if the library exposes its fields. */
function pathOfProblem(schema: StandardSchemaV1): string {
  const { shape, entries } = schema as { readonly shape?: object; readonly entries?: object }
  for (const [name, field] of Object.entries(shape ?? entries ?? {})) {
    try {
      convert(field)
    } catch {
      return `${pointerTo(name)}${pathOfProblem(field)}`
    }
  }
  return ''
}
