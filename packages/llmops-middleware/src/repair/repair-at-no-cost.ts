import { isDeepStrictEqual } from 'node:util'
import { untilAborted } from '../on-abort.ts'
import { andThen, isPromise, type MaybePromise } from '../pipeline.ts'
import { type Cast, castsIn, isUnchanged, misfitsIn, restate } from './casts.ts'
import { checkPlain } from './check-plain.ts'
import { type Coerced, type CoerceOptions, coerce } from './coerce.ts'
import { copyPlain } from './copy-plain.ts'
import { explainLostDigits, lostDigits, WrittenNumbers } from './exact-numbers.ts'
import type { JsonSchemaCheck } from './json-schema/json-schema-check.ts'
import { isNode } from './json-schema/subschemas.ts'
import { TooManyComparisonsError } from './json-schema/work-limit.ts'
import { type LostField, lostFields } from './lost-fields.ts'
import { parseJson } from './parse-json.ts'
import { keysOf, pointerTo, valueAt } from './pointer.ts'
import type { FreeRepair } from './repair-options.ts'
import type { SchemaIssue, Validation, Validator } from './schema.ts'
import { unwrapCall } from './unwrap-call.ts'

/**
 * `input` is the value that was validated, before a Standard Schema converted it. Undefined if the text could not be
 * read.
 */
export type ReadArguments =
  | { readonly ok: true; readonly input: unknown; readonly value: unknown; readonly repairs: readonly FreeRepair[] }
  | { readonly ok: false; readonly input: unknown; readonly issues: readonly SchemaIssue[] }

export type FreeRepairOptions = {
  /** Whether arguments are repaired at all. */
  readonly canRepair: boolean
  /** Whether missing quotes and brackets may be added, and fields that the schema forbids be removed. */
  readonly canComplete: boolean
  /** Whether an empty text can mean "no arguments". */
  readonly canBeEmpty: boolean
  /** The name of the tool that is called. */
  readonly tool: string | undefined
  readonly signal: AbortSignal | undefined
}

/** Arguments that were parsed, and the text that they were parsed from. */
type Parsed = {
  readonly value: unknown
  readonly json?: string | undefined
  /** The keys to the arguments, if they stand in a call in the text. */
  readonly wrappedIn?: readonly (string | number)[]
  readonly repairs: readonly FreeRepair[]
}

/** Does all repairs at no cost: parses the text, validates, coerces by the schema, validates again. */
export function repairAtNoCost(
  validator: Validator,
  args: unknown,
  options: FreeRepairOptions,
): MaybePromise<ReadArguments> {
  if (!isEmptyOrNull(args)) return readArguments(validator, args, options)
  return andThen(readEmptyOrNull(validator, args, options), (empty) => empty ?? readArguments(validator, args, options))
}

function readArguments(validator: Validator, args: unknown, options: FreeRepairOptions): MaybePromise<ReadArguments> {
  const parsed = parse(args, options)
  if ('problem' in parsed) return refused({ path: '', message: parsed.problem })
  const unwrapped = options.canRepair ? unwrapCall(parsed.value, validator, options.tool) : NO_CALL
  if (unwrapped.kind === 'other') return { ...refused(unwrapped.issue), input: parsed.value }
  if (unwrapped.kind === 'none') return validate(validator, parsed, options)
  const { args: value, json, within } = unwrapped
  const repairs = [...parsed.repairs, 'coercion'] as const
  const source = json === undefined ? { json: parsed.json, wrappedIn: within } : { json }
  return validate(validator, { value, repairs, ...source }, options)
}

const NO_CALL = { kind: 'none' } as const

function isEmptyOrNull(args: unknown): boolean {
  // Not with a regular expression, which would block on two megabytes of space before a bracket.
  return args === undefined || args === null || (typeof args === 'string' && ['', 'null'].includes(args.trim()))
}

/** Returns empty arguments for a tool that requires none. Undefined if `null` itself fits the schema. */
function readEmptyOrNull(
  validator: Validator,
  args: unknown,
  options: FreeRepairOptions,
): MaybePromise<ReadArguments | undefined> {
  if (args === undefined || (typeof args === 'string' && args.trim() === '')) return readEmpty(validator, options)
  return andThen(untilAbortedBy(validator.validatePlain(null), options.signal), (asItIs) =>
    asItIs.ok ? undefined : readEmpty(validator, options),
  )
}

function readEmpty(validator: Validator, options: FreeRepairOptions): MaybePromise<ReadArguments> {
  const input = {}
  return andThen(untilAbortedBy(validator.validatePlain(input), options.signal), (empty) => {
    if (!empty.ok) return { ok: false, input, issues: empty.issues }
    if (options.canRepair && options.canBeEmpty)
      return unlessCast(validator, { ...empty, input, repairs: ['completion'] }, options)
    return refused({ path: '', message: 'is empty: write {} for no arguments' })
  })
}

function parse(
  args: unknown,
  { canRepair, canComplete, tool }: FreeRepairOptions,
): Parsed | { readonly problem: string } {
  if (typeof args !== 'string') return { value: args, repairs: [] }
  const parsed = parseJson(args, { canNormalize: canRepair, canComplete: canRepair && canComplete, tool })
  return parsed.ok ? parsed : { problem: parsed.problem }
}

function validate(validator: Validator, parsed: Parsed, options: FreeRepairOptions): MaybePromise<ReadArguments> {
  const { json, repairs } = parsed
  const { check, fillsDefaults } = validator
  // A value that the caller parsed is not changed.
  const input = json === undefined && fillsDefaults ? copyPlain(parsed.value) : parsed.value
  const names = check?.names
  const unsafe = checkPlain(input, json === undefined ? { names, checkNumber: lostDigits } : { names })
  if (unsafe) return refused(unsafe)
  return andThen(untilAbortedBy(validator.validatePlain(input), options.signal), (first) =>
    first.ok
      ? asStated(validator, { ...first, input, repairs }, () => ownValue(parsed), options)
      : coerceAndValidate(validator, { ...parsed, input }, first.issues, options),
  )
}

type Accepted = ReadArguments & { readonly ok: true }

/** Returns a value that may be changed, and the digits of its numbers. */
type OwnValue = () => readonly [value: unknown, numbers: WrittenNumbers]

/** Where a Standard Schema has cast values, lets it validate what they state. */
function asStated(
  validator: Validator,
  accepted: Accepted,
  ownValue: OwnValue,
  options: FreeRepairOptions,
): MaybePromise<ReadArguments> {
  if (!validator.isStandard || isUnchanged(accepted.input, accepted.value))
    return unlessLost(validator, accepted, options)
  const values = [...castsBy(validator, accepted), ...misfitsIn(validator, accepted.input)]
  if (values.length === 0) return unlessLost(validator, accepted, options)
  const [input, numbers] = ownValue()
  if (!options.canRepair || !restate(input, values, numbers)) return unlessCast(validator, accepted, options)
  return andThen(untilAbortedBy(validator.validatePlain(input), options.signal), (second) => {
    const repairs = new Set([...accepted.repairs, 'coercion' as const])
    return unlessCast(validator, second.ok ? { ...second, input, repairs: [...repairs] } : accepted, options)
  })
}

function castsBy({ isStandard, check }: Validator, { input, value }: Accepted): readonly Cast[] {
  return isStandard ? castsIn(check, input, value) : []
}

/** Whether it is the text of a number that has no other digits. */
function isWholeNumber({ from, to }: Cast): boolean {
  return typeof to === 'string' && Number.isSafeInteger(from)
}

/** Runs no effect on a value that was cast, because the model did not state it. */
function unlessCast(validator: Validator, accepted: Accepted, options: FreeRepairOptions): MaybePromise<ReadArguments> {
  const casts = options.canComplete ? [] : castsBy(validator, accepted).filter((cast) => !isWholeNumber(cast))
  if (casts.length === 0) return unlessLost(validator, accepted, options)
  const { input } = accepted
  const issues = casts.map(({ path, to }) => ({ path, message: `must be ${typeof to}` }))
  return { ok: false, input, issues: explainLostDigits(input, issues) }
}

/** Refuses arguments with fields that the function would miss. */
function unlessLost(
  validator: Validator,
  accepted: Accepted,
  { canComplete, signal }: FreeRepairOptions,
): MaybePromise<ReadArguments> {
  const { input, value } = accepted
  const lost = lostFields(validator.check, input, value, canComplete)
  if (lost.length === 0) return accepted
  return validator.isStandard
    ? unlessRead(validator, accepted, lost, signal)
    : { ok: false, input, issues: lost.map(issueOf) }
}

/** A function of the schema may read a field that is not declared, such as the former name of another. */
async function unlessRead(
  validator: Validator,
  accepted: Accepted,
  lost: readonly LostField[],
  signal: AbortSignal | undefined,
): Promise<ReadArguments> {
  const { input, value } = accepted
  const isUnread = async (path: string) => {
    const other = await untilAbortedBy(validator.validatePlain(without(input, path)), signal)
    return other.ok && isDeepStrictEqual(other.value, without(value, path))
  }
  const issues: SchemaIssue[] = []
  for (const field of lost) {
    if (field.isIn || (await isUnread(field.path))) issues.push(issueOf(field))
  }
  return issues.length === 0 ? accepted : { ok: false, input, issues }
}

function issueOf({ path, message }: LostField): SchemaIssue {
  return { path, message }
}

/** Returns a copy without the field at a path. */
function without(value: unknown, path: string): unknown {
  const copy = copyPlain(value)
  const keys = keysOf(path)
  const holder = valueAt(copy, pointerTo(...keys.slice(0, -1)))
  if (isNode(holder)) delete holder[keys.at(-1)!]
  return copy
}

function coerceAndValidate(
  validator: Validator,
  parsed: Parsed & { readonly input: unknown },
  issues: readonly SchemaIssue[],
  options: FreeRepairOptions,
): MaybePromise<ReadArguments> {
  const { input, repairs } = parsed
  const asItIs = (): ReadArguments => ({ ok: false, input, issues: explainLostDigits(input, issues) })
  const { check } = validator
  if (!check || !options.canRepair) return asItIs()
  const [own, numbers] = ownValue(parsed)
  const paths = pathsOf(validator, issues)
  const coerced = coercedInTime(check, own, { numbers, canRemove: options.canComplete, paths })
  if (!coerced || coerced.repairs.size === 0) return asItIs()
  const { value } = coerced
  return andThen(untilAbortedBy(validator.validate(value), options.signal), (second) => {
    if (!second.ok) return { ok: false, input: value, issues: explainLostDigits(value, second.issues) }
    const accepted = { ...second, input: value, repairs: [...new Set([...repairs, ...coerced.repairs])] }
    return asStated(validator, accepted, () => [numbers.copyOf(value), numbers], options)
  })
}

/** Undefined where the schema has too many forms to try. */
function coercedInTime(check: JsonSchemaCheck, value: unknown, options: CoerceOptions): Coerced | undefined {
  check.begin(value)
  try {
    return coerce(check, value, options)
  } catch (error) {
    // A schema that refers to itself and nothing else has no end.
    if (error instanceof TooManyComparisonsError || error instanceof RangeError) return undefined
    throw error
  }
}

/** An asynchronous Standard Schema may never settle. */
function untilAbortedBy(
  validation: MaybePromise<Validation>,
  signal: AbortSignal | undefined,
): MaybePromise<Validation> {
  return isPromise(validation) ? untilAborted(validation, signal) : validation
}

function refused(issue: SchemaIssue): ReadArguments & { readonly ok: false } {
  return { ok: false, input: undefined, issues: [issue] }
}

/**
 * Returns the paths of the issues of a Standard Schema. Its JSON Schema is less precise, so nothing is coerced
 * elsewhere.
 */
function pathsOf({ isStandard }: Validator, issues: readonly SchemaIssue[]): readonly string[] | undefined {
  return isStandard ? issues.map(({ path }) => path) : undefined
}

/** Returns a value that may be changed. A text is parsed again, to have the digits of its numbers. */
function ownValue({ value, json, wrappedIn }: Parsed): ReturnType<OwnValue> {
  const numbers = new WrittenNumbers()
  const own = json === undefined ? numbers.copyOf(value) : numbers.parse(json)
  const args = json !== undefined && wrappedIn !== undefined ? valueAt(own, pointerTo(...wrappedIn)) : own
  return [args, numbers]
}
