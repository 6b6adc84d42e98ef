import { untilAborted } from '../on-abort.ts'
import { isPromise, type MaybePromise } from '../pipeline.ts'
import { checkPlain } from './check-plain.ts'
import { type CoerceOptions, coerce } from './coerce.ts'
import { copyPlain } from './copy-plain.ts'
import { explainLostDigits, lostDigits, WrittenNumbers } from './exact-numbers.ts'
import { parseJson } from './parse-json.ts'
import type { FreeRepair } from './repair-options.ts'
import type { SchemaIssue, Validation, Validator } from './schema.ts'
import { unwrapCall } from './unwrap-call.ts'

/** `input` is what was validated, before a Standard Schema changed it; undefined when there was nothing to read. */
export type ReadArguments =
  | { readonly ok: true; readonly input: unknown; readonly value: unknown; readonly repairs: readonly FreeRepair[] }
  | { readonly ok: false; readonly input: unknown; readonly issues: readonly SchemaIssue[] }

export type FreeRepairOptions = {
  /** Whether anything is repaired at all. */
  readonly canRepair: boolean
  /** Whether what a text lacks may be added, and what the schema forbids be left out. */
  readonly canComplete: boolean
  /** Whether no arguments at all can mean that there are none to give. */
  readonly canBeEmpty: boolean
  /** The name of the tool that is called. */
  readonly tool: string | undefined
  readonly signal: AbortSignal | undefined
}

/** Arguments that were read, and the text that they were read from. */
type Parsed = {
  readonly value: unknown
  readonly json?: string | undefined
  /** Whether they are the `arguments` of what the text says. */
  readonly isWrapped?: boolean
  readonly repairs: readonly FreeRepair[]
}

/** Everything that costs nothing: reads the text, validates, coerces by the schema, validates again. */
export async function repairFreely(
  validator: Validator,
  args: unknown,
  options: FreeRepairOptions,
): Promise<ReadArguments> {
  if (isNothing(args)) {
    const empty = await readNothing(validator, args, options)
    if (empty) return empty
  }
  const parsed = parse(args, options)
  if ('problem' in parsed) return refused({ path: '', message: parsed.problem })
  const unwrapped = options.canRepair ? unwrapCall(parsed.value, validator, options.tool) : NO_CALL
  if (unwrapped.kind === 'other') return { ...refused(unwrapped.issue), input: parsed.value }
  if (unwrapped.kind === 'none') return validate(validator, parsed, options)
  const { args: value, json } = unwrapped
  const repairs = [...parsed.repairs, 'coercion'] as const
  const source = json === undefined ? { json: parsed.json, isWrapped: true } : { json }
  return validate(validator, { value, repairs, ...source }, options)
}

const NO_CALL = { kind: 'none' } as const

function isNothing(args: unknown): boolean {
  return args === undefined || args === null || (typeof args === 'string' && /^\s*(?:null)?\s*$/.test(args))
}

/** No arguments, for a tool that requires none; undefined when `null` itself is what the schema wants. */
async function readNothing(
  validator: Validator,
  args: unknown,
  { canRepair, canBeEmpty, signal }: FreeRepairOptions,
): Promise<ReadArguments | undefined> {
  if (args === null || (typeof args === 'string' && args.trim() === 'null')) {
    const asItIs = await inTime(validator.validatePlain(null), signal)
    if (asItIs.ok) return undefined
  }
  const input = {}
  const empty = await inTime(validator.validatePlain(input), signal)
  if (!empty.ok) return { ok: false, input, issues: empty.issues }
  if (canRepair && canBeEmpty) return { ...empty, input, repairs: ['completion'] }
  return refused({ path: '', message: 'is empty: write {} to give no arguments' })
}

function parse(args: unknown, { canRepair, canComplete }: FreeRepairOptions): Parsed | { readonly problem: string } {
  if (typeof args !== 'string') return { value: args, repairs: [] }
  const parsed = parseJson(args, { canNormalize: canRepair, canComplete: canRepair && canComplete })
  return parsed.ok ? parsed : { problem: parsed.problem }
}

async function validate(validator: Validator, parsed: Parsed, options: FreeRepairOptions): Promise<ReadArguments> {
  const { json, repairs } = parsed
  const { check, fillsDefaults } = validator
  // What the caller has parsed is the caller's.
  const input = json === undefined && fillsDefaults ? copyPlain(parsed.value) : parsed.value
  const names = check?.names
  const unsafe = checkPlain(input, json === undefined ? { names, checkNumber: lostDigits } : { names })
  if (unsafe) return refused(unsafe)
  const first = await inTime(validator.validatePlain(input), options.signal)
  if (first.ok) return { ...first, input, repairs }
  if (!check || !options.canRepair) return { ok: false, input, issues: explainLostDigits(input, first.issues) }
  const coerced = coerce(
    check,
    ...ownValue(parsed, { canRemove: options.canComplete, paths: pathsOf(validator, first.issues) }),
  )
  if (coerced.repairs.size === 0) return { ok: false, input, issues: explainLostDigits(input, first.issues) }
  const second = await inTime(validator.validate(coerced.value), options.signal)
  if (second.ok) return { ...second, input: coerced.value, repairs: [...new Set([...repairs, ...coerced.repairs])] }
  return { ok: false, input: coerced.value, issues: explainLostDigits(coerced.value, second.issues) }
}

/** What a Standard Schema looks up may never come. */
function inTime(validation: MaybePromise<Validation>, signal: AbortSignal | undefined): MaybePromise<Validation> {
  return isPromise(validation) ? untilAborted(validation, signal) : validation
}

function refused(issue: SchemaIssue): ReadArguments & { readonly ok: false } {
  return { ok: false, input: undefined, issues: [issue] }
}

/** Where a Standard Schema complains: its JSON Schema says less than it, and must not be heard elsewhere. */
function pathsOf({ isStandard }: Validator, issues: readonly SchemaIssue[]): readonly string[] | undefined {
  return isStandard ? issues.map(({ path }) => path) : undefined
}

/** A value that may be changed: text is read again, so that numbers can keep their digits. */
function ownValue(
  { value, json, isWrapped }: Parsed,
  options: Omit<CoerceOptions, 'numbers'>,
): [value: unknown, options: CoerceOptions] {
  const numbers = new WrittenNumbers()
  const own = json === undefined ? numbers.copyOf(value) : numbers.parse(json)
  const args = json !== undefined && isWrapped ? (own as { readonly arguments: unknown }).arguments : own
  return [args, { ...options, numbers }]
}
