import type { MaybePromise } from '../pipeline.ts'
import { andThen } from '../pipeline.ts'
import { checkPlain } from './check-plain.ts'
import { coerce } from './coerce.ts'
import { explainLostDigits, findLostDigits, WrittenNumbers } from './exact-numbers.ts'
import { parseJson } from './parse-json.ts'
import type { JsonSchema, SchemaIssue, Validator } from './schema.ts'

export type FreeRepair =
  | { readonly ok: true; readonly value: unknown; readonly wasRepaired: boolean }
  /** `value` is the nearest that was reached; undefined when there was nothing to read. */
  | { readonly ok: false; readonly value: unknown; readonly issues: readonly SchemaIssue[] }

/** Everything that costs nothing: reads the text, validates, coerces by the schema, validates again. */
export function repairFreely(
  validator: Validator,
  args: unknown,
  { canComplete }: { readonly canComplete: boolean },
): MaybePromise<FreeRepair> {
  if (typeof args !== 'string') {
    const unsafe = checkPlain(args) ?? findLostDigits(args)
    if (unsafe) return refused(unsafe)
    return repairValue(validator, args, false, (schema) => coerce(schema, args))
  }
  const parsed = parseJson(args, { canComplete })
  if (!parsed.ok) return refused({ path: '', message: parsed.problem })
  const unsafe = checkPlain(parsed.value)
  if (unsafe) return refused(unsafe)
  return repairValue(validator, parsed.value, parsed.wasRepaired, (schema) => {
    const numbers = new WrittenNumbers()
    return coerce(schema, numbers.parse(parsed.json), numbers)
  })
}

function refused(issue: SchemaIssue): FreeRepair {
  return { ok: false, value: undefined, issues: [issue] }
}

function repairValue(
  validator: Validator,
  value: unknown,
  wasRepaired: boolean,
  coerced: (schema: JsonSchema) => unknown,
): MaybePromise<FreeRepair> {
  return andThen(validator.validate(value), (first) => {
    if (first.ok) return { ...first, wasRepaired }
    const { jsonSchema } = validator
    if (!jsonSchema) return { ok: false, value, issues: explainLostDigits(value, first.issues) }
    const nearest = coerced(jsonSchema)
    return andThen(validator.validate(nearest), (second) =>
      second.ok
        ? { ...second, wasRepaired: true }
        : { ok: false, value: nearest, issues: explainLostDigits(nearest, second.issues) },
    )
  })
}
