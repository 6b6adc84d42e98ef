import { checkPlain } from './check-plain.ts'
import { coerce } from './coerce.ts'
import { explainLostDigits, lostDigits, WrittenNumbers } from './exact-numbers.ts'
import { parseJson } from './parse-json.ts'
import type { FreeRepair } from './repair-options.ts'
import type { JsonSchema, SchemaIssue, Validator } from './schema.ts'

/** `input` is what was validated, before a Standard Schema changed it; undefined when there was nothing to read. */
export type ReadArguments =
  | { readonly ok: true; readonly input: unknown; readonly value: unknown; readonly repairs: readonly FreeRepair[] }
  | { readonly ok: false; readonly input: unknown; readonly issues: readonly SchemaIssue[] }

/** Everything that costs nothing: reads the text, validates, coerces by the schema, validates again. */
export async function repairFreely(
  validator: Validator,
  args: unknown,
  { canComplete }: { readonly canComplete: boolean },
): Promise<ReadArguments> {
  const isText = typeof args === 'string'
  const parsed = isText ? parseJson(args, { canComplete }) : ({ ok: true, value: args, repairs: [] } as const)
  if (!parsed.ok) return refused({ path: '', message: parsed.problem })
  const { value: input, repairs } = parsed
  const unsafe = isText ? checkPlain(input) : checkPlain(input, lostDigits)
  if (unsafe) return refused(unsafe)
  const first = await validator.validatePlain(input)
  if (first.ok) return { ...first, input, repairs }
  if (!validator.jsonSchema) return { ok: false, input, issues: explainLostDigits(input, first.issues) }
  const coerced = coerceParsed(validator.jsonSchema, parsed)
  const second = await validator.validate(coerced)
  if (second.ok) return { ...second, input: coerced, repairs: [...repairs, 'coercion'] }
  return { ok: false, input: coerced, issues: explainLostDigits(coerced, second.issues) }
}

function refused(issue: SchemaIssue): ReadArguments {
  return { ok: false, input: undefined, issues: [issue] }
}

/** Text is read again, so that numbers can keep their digits. */
function coerceParsed(
  schema: JsonSchema,
  { value, json }: { readonly value: unknown; readonly json?: string },
): unknown {
  if (json === undefined) return coerce(schema, value)
  const numbers = new WrittenNumbers()
  return coerce(schema, numbers.parse(json), numbers)
}
