import { describeValue } from './describe-value.ts'
import { InvalidOptionError } from './errors.ts'
import { meantOption } from './meant-option.ts'
import { meantMilliseconds, meantValue } from './meant-value.ts'
import { nearest } from './nearest.ts'

/**
 * What one option accepts. The options of a function have a plain object of checks, one for each option:
 * `{ limitUsd: required(usd), period: oneOf('day', 'month') }`. A check accepts or refuses, and never changes a value.
 */
export type Check = {
  /** A text that follows "must be". */
  readonly accepts: string
  /** Whether the value itself is accepted. Its members have their own checks. */
  readonly is: (value: unknown) => boolean
  /** @default false */
  readonly isRequired?: boolean
  /** Returns a hint to what was probably meant. */
  readonly hint?: (value: unknown) => string | undefined
  /** The options of an object. */
  readonly options?: Checks
  /** The members that an instance of any class must have. It may have more. */
  readonly members?: Checks
  /** Each member of a list, or each value of a map. */
  readonly each?: Check
  /** One of several kinds: the first that accepts the value itself checks what is in it. */
  readonly kinds?: readonly Check[]
}

export type Checks = Readonly<Record<string, Check>>

/** Exactly one check for each option of a type, so that an option without a check does not compile. */
export type ChecksOf<Options> = { readonly [Option in keyof Required<Options>]: Check }

/** Options with a value for each. `Required` would leave the undefined that their types accept. */
export type Filled<Options> = { readonly [Option in keyof Options]-?: Exclude<Options[Option], undefined> }

/**
 * Refuses options that are unknown, missing or invalid, nested ones too.
 *
 * @param path the path of the options, as the user wrote it: `budget` in `createLlmOps({ budget })`
 * @param all the options that these are in
 * @throws InvalidOptionError with the path of the first invalid option.
 */
export function checkOptions(options: unknown, checks: Checks, path = '', all: Outermost = { checks, path }): void {
  if (!isPlain(options)) throw wrongValue(options, objectOf(checks), path || 'options')
  for (const name of Object.keys(options)) {
    if (Object.hasOwn(checks, name)) continue
    throw unknownOption(join(path, name), name, Object.keys(checks), all, itselfAn(options, checks))
  }
  checkMembers(options, checks, path, all)
}

/** The outermost options, in which a misplaced option is searched. */
type Outermost = { readonly checks: Checks; readonly path: string }

/** Checks one value by itself. */
export function checkValue(value: unknown, check: Check, path: string, all?: Outermost): void {
  if (value === undefined && !check.isRequired) return
  if (!check.is(value)) throw wrongValue(value, check, path)
  if (check.options) checkOptions(value, check.options, path, all)
  if (check.members) checkMembers(value as Record<string, unknown>, check.members, path)
  if (check.each) checkEach(value as object, check.each, path, all)
  const kind = check.kinds?.find((kind) => kind.is(value))
  if (kind) checkValue(value, kind, path, all)
}

function wrongValue(value: unknown, check: Check, path: string): InvalidOptionError {
  return new InvalidOptionError(path, value, check.accepts, meantValue(value, check.is) ?? hintOf(value, check))
}

/** Returns the hint of the first kind that has one. */
function hintOf(value: unknown, { hint, kinds = [] }: Check): string | undefined {
  return hint?.(value) ?? kinds.map((kind) => hintOf(value, kind)).find((hint) => hint !== undefined)
}

function checkMembers(object: Readonly<Record<string, unknown>>, checks: Checks, path: string, all?: Outermost): void {
  for (const name in checks) {
    const value = object[name]
    const check = checks[name]!
    // Most options of most calls are missing, so their paths are not created.
    if (value !== undefined || check.isRequired) checkValue(value, check, join(path, name), all)
  }
}

function checkEach(values: object, each: Check, path: string, all?: Outermost): void {
  const check = required(each)
  for (const [key, value] of Object.entries(values)) {
    checkValue(value, check, Array.isArray(values) ? `${path}[${key}]` : `${path}['${key}']`, all)
  }
}

function unknownOption(
  path: string,
  name: string,
  known: readonly string[],
  all: Outermost,
  itself: string | undefined,
): InvalidOptionError {
  const meant = itself ?? meantOption(name, known) ?? placesOf(name, all.checks, all.path)
  const hint = meant === undefined ? undefined : `Did you mean \`${meant}\`?`
  return InvalidOptionError.unknown(path, known, hint)
}

/** Returns the right path of an option that was put in the wrong place, such as one of the budget. */
function placesOf(name: string, checks: Checks, path: string): string | undefined {
  for (const [option, check] of Object.entries(checks)) {
    const at = join(path, option)
    if (option === name) return at
    for (const { options } of [check, ...(check.kinds ?? [])]) {
      const found = options && placesOf(name, options, at)
      if (found !== undefined) return found
    }
  }
  return undefined
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)

/** An object whose content is its properties: not an array, a Map, a Date or a Promise. */
const isPlain = (value: unknown): value is Record<string, unknown> =>
  Object.prototype.toString.call(value) === '[object Object]'

export const required = (check: Check): Check => (check.isRequired ? check : { ...check, isRequired: true })

/** Accepts values for which a function returns true. */
export const where = (accepts: string, is: Check['is'], hint?: Check['hint']): Check => ({
  accepts,
  is,
  ...(hint && { hint }),
})

export const anything = where('anything', () => true)
export const flag = where('true or false', (value) => typeof value === 'boolean')
export const func = where('a function', (value) => typeof value === 'function')
export const text = where('a text that is not empty', (value) => typeof value === 'string' && value !== '')
export const anyText = where('a text', (value) => typeof value === 'string')

/** An object that has these methods: a ledger, a rate card, a signal. */
export const having = <T = Methods>(accepts: string, ...methods: readonly (keyof T & string)[]): Check => {
  const lacking = (value: unknown) => methods.find((name) => typeof (value as Methods)[name] !== 'function')
  const is = (value: unknown) => typeof value === 'object' && value !== null && lacking(value) === undefined
  const hint = (value: unknown) =>
    typeof value === 'object' && value ? `\`${lacking(value)}\` is no function of it.` : undefined
  return where(accepts, is, hint)
}

type Methods = Readonly<Record<string, unknown>>

export const abortSignal = having('an AbortSignal', 'throwIfAborted', 'addEventListener')

export const oneOf = (...values: readonly (string | boolean)[]): Check =>
  where(
    values.length === 1 ? String(values[0]) : `one of ${values.join(', ')}`,
    (value) => (values as readonly unknown[]).includes(value),
    (value) => didYouMean(typeof value === 'string' ? nearest(value, values.map(String)) : undefined),
  )

const didYouMean = (meant: string | undefined) => (meant === undefined ? undefined : `Did you mean \`${meant}\`?`)

export const number = (min: number, max = Number.POSITIVE_INFINITY): Check =>
  where(`a number ${range(min, max)}`, (value) => isNumber(value) && value >= min && value <= max)

export const whole = (min: number, max = Number.MAX_SAFE_INTEGER, unit?: string): Check =>
  where(
    `a whole number${unit === undefined ? '' : ` of ${unit}`} ${range(min, max)}`,
    (value) => Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max,
  )

/** The longest delay that a timer takes. */
const MAX_TIMER_MS = 2 ** 31 - 1

export const milliseconds = (min = 1, max = MAX_TIMER_MS): Check =>
  where(
    `a number of milliseconds ${range(min, max)}`,
    (value) => isNumber(value) && value >= min && value <= max,
    meantMilliseconds,
  )

export const share = where(
  'a share above 0, up to 1',
  (value) => isNumber(value) && value > 0 && value <= 1,
  (value) => {
    const percent = typeof value === 'string' ? Number(/^([\d.]+) ?%$/.exec(value)?.[1]) : value
    return isNumber(percent) && percent > 1 && percent <= 100 ? `Did you mean ${percent / 100}?` : undefined
  },
)

/** The largest amount that fits into an integer of nano-USD. */
export const usd = where(
  'an amount of US dollars from 0 to 9,007,199',
  (value) => isNumber(value) && value >= 0 && value <= 9_007_199,
)

export const listOf = (each: Check, { min = 0, max = Number.POSITIVE_INFINITY } = {}): Check => ({
  accepts: `a list${max === Number.POSITIVE_INFINITY ? '' : ` of at most ${show(max)}`}${min > 0 ? ` of at least ${min}` : ''}, each ${each.accepts}`,
  is: (value) => Array.isArray(value) && value.length >= min && value.length <= max,
  each,
})

/** An object whose keys are names of the user's own. */
export const mapOf = (each: Check): Check => ({
  accepts: `an object, each value ${each.accepts}`,
  is: isPlain,
  each,
})

const OPTIONS: Check = { accepts: 'an object of options', is: isPlain }

/** Options inside options. */
export const objectOf = (options: Checks): Check => ({
  ...OPTIONS,
  options,
  hint: (value) => alone(value, options),
})

/** The first option passed alone, as in `budget: 50`. Others are rarely meant by a value of theirs. */
function alone(value: unknown, checks: Checks): string | undefined {
  const [[name, check] = []] = Object.entries(checks)
  if (value === undefined || !check?.is(value)) return undefined
  const shown = typeof value === 'string' || typeof value === 'number' ? describeValue(value) : '…'
  return `Did you mean { ${name}: ${shown} }?`
}

/** What is one of the options itself, as in `governed(ops, …)`, where it belongs into `{ ops }`. */
function itselfAn(value: unknown, checks: Checks): string | undefined {
  const name = Object.keys(checks).find((name) => checks[name]!.is(value) && !checks[name]!.is({}))
  return name === undefined ? undefined : `{ ${name}: … }`
}

/** An object that others implement. Its members are checked, and it may have more. */
export const implementing = (accepts: string, members: Checks): Check => ({
  accepts,
  is: (value) => typeof value === 'object' && value !== null,
  members,
})

export const either = (...kinds: readonly Check[]): Check => ({
  accepts: kinds.map(({ accepts }) => accepts).join(', or '),
  is: (value) => kinds.some((kind) => kind.is(value)),
  kinds,
})

const isNumber = (value: unknown): value is number => typeof value === 'number'

const range = (min: number, max: number) =>
  max >= Number.MAX_SAFE_INTEGER ? `from ${show(min)}` : `from ${show(min)} to ${show(max)}`

/** Like `toLocaleString('en')`, which would load Node's locale data and add 20 ms to the import. */
const show = (value: number) => String(value).replace(/(?<!\.\d*)\B(?=(\d{3})+(?!\d))/g, ',')
