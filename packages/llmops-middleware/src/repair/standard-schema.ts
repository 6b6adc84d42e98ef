import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec'
import { isPromise } from '../pipeline.ts'
import { pointerTo } from './pointer.ts'
import type { JsonSchema, Schema, SchemaIssue, Validation, Validator } from './schema.ts'

/** @throws Error for a schema of a library that has not yet, or not any more, what it is asked here. */
export function isStandardSchema(schema: Schema): schema is StandardSchemaV1 {
  if ('~standard' in schema) return true
  if ('_def' in schema && 'safeParse' in schema) throw new Error('it is a schema of zod 3; use zod 4')
  if (typeof schema === 'function') throw new Error('it is a function')
  return false
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

/** Standard JSON Schema (standardschema.dev/json-schema): a vendor that has it says it on the same property. */
export function asJsonSchema(schema: StandardSchemaV1): Converted {
  const { jsonSchema, vendor } = schema['~standard'] as Partial<StandardJSONSchemaV1.Props>
  if (!jsonSchema) return { jsonSchema: undefined, problem: howToConvert(vendor) }
  try {
    return { jsonSchema: convert(schema) }
  } catch (error) {
    return { jsonSchema: undefined, problem: `${pathOfProblem(schema) || 'it'} cannot be: ${(error as Error).message}` }
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

/** The field whose schema cannot be converted, where the library lets us look at the fields. */
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
