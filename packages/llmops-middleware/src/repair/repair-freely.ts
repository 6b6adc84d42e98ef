import type { MaybePromise } from '../pipeline.ts'
import { andThen } from '../pipeline.ts'
import { checkPlain } from './check-plain.ts'
import { coerce } from './coerce.ts'
import { type ParsedJson, parseJson } from './parse-json.ts'
import type { SchemaIssue, Validator } from './schema.ts'

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
  const parsed: ParsedJson =
    typeof args === 'string' ? parseJson(args, { canComplete }) : { ok: true, value: args, wasRepaired: false }
  if (!parsed.ok) return { ok: false, value: undefined, issues: [{ path: '', message: parsed.problem }] }
  // Before anything copies it: a copy of `__proto__` is a prototype.
  const unsafe = checkPlain(parsed.value)
  if (unsafe) return { ok: false, value: undefined, issues: [unsafe] }
  return andThen(validator.validate(parsed.value), (first) => {
    if (first.ok) return { ...first, wasRepaired: parsed.wasRepaired }
    const { jsonSchema } = validator
    if (!jsonSchema) return { ok: false, value: parsed.value, issues: first.issues }
    const coerced = coerce(jsonSchema, parsed.value)
    return andThen(validator.validate(coerced), (second) =>
      second.ok ? { ...second, wasRepaired: true } : { ok: false, value: coerced, issues: second.issues },
    )
  })
}
