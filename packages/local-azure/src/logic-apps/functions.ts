/**
 * Functions of the Workflow Definition Language that depend only on their arguments and the time.
 * Source: learn.microsoft.com/azure/logic-apps/workflow-definition-language-functions-reference
 */
export type WorkflowFunction = {
  readonly arity: readonly [minimum: number, maximum: number]
  readonly call: (args: readonly unknown[], now: () => number) => unknown
}

export const FUNCTIONS: Readonly<Record<string, WorkflowFunction>> = {
  addMinutes: { arity: [2, 2], call: ([time, count]) => toTimestamp(toTime(time) + toNumber(count) * 60_000) },
  and: { arity: [2, 99], call: (args) => args.every(toBoolean) },
  coalesce: { arity: [1, 99], call: (args) => args.find((value) => value !== null && value !== undefined) ?? null },
  concat: { arity: [1, 99], call: (args) => args.map(toText).join('') },
  contains: { arity: [2, 2], call: ([collection, value]) => contains(collection, value) },
  empty: { arity: [1, 1], call: ([value]) => isEmpty(value) },
  equals: { arity: [2, 2], call: ([left, right]) => isEqual(left, right) },
  greater: { arity: [2, 2], call: ([left, right]) => toNumber(left) > toNumber(right) },
  greaterOrEquals: { arity: [2, 2], call: ([left, right]) => toNumber(left) >= toNumber(right) },
  if: { arity: [3, 3], call: ([condition, yes, no]) => (toBoolean(condition) ? yes : no) },
  int: { arity: [1, 1], call: ([value]) => toInteger(value) },
  less: { arity: [2, 2], call: ([left, right]) => toNumber(left) < toNumber(right) },
  lessOrEquals: { arity: [2, 2], call: ([left, right]) => toNumber(left) <= toNumber(right) },
  not: { arity: [1, 1], call: ([value]) => !toBoolean(value) },
  or: { arity: [2, 99], call: (args) => args.some(toBoolean) },
  string: { arity: [1, 1], call: ([value]) => toText(value) },
  // Ticks count 100 ns since the year 1. Milliseconds are precise enough to compare two times here.
  ticks: { arity: [1, 1], call: ([time]) => (toTime(time) + 62_135_596_800_000) * 10_000 },
  toLower: { arity: [1, 1], call: ([value]) => toText(value).toLowerCase() },
  utcNow: { arity: [0, 0], call: (_, now) => toTimestamp(now()) },
}

export function toBoolean(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  throw new TypeError(`a boolean was expected, not ${describe(value)}`)
}

export function toText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function isEqual(left: unknown, right: unknown): boolean {
  return JSON.stringify(left ?? null) === JSON.stringify(right ?? null)
}

function toNumber(value: unknown): number {
  if (typeof value === 'number') return value
  throw new TypeError(`a number was expected, not ${describe(value)}`)
}

function toInteger(value: unknown): number {
  const number = typeof value === 'string' && /^[+-]?\d+$/.test(value) ? Number(value) : value
  if (Number.isInteger(number)) return number as number
  throw new TypeError(`a whole number was expected, not ${describe(value)}`)
}

function toTime(value: unknown): number {
  // A time without a zone is UTC, which is how Azure writes slotSwapStatus.
  const text = typeof value === 'string' && !/(?:Z|[+-]\d\d:\d\d)$/.test(value) ? `${value}Z` : value
  const time = typeof text === 'string' ? Date.parse(text) : Number.NaN
  if (Number.isNaN(time)) throw new TypeError(`a time was expected, not ${describe(value)}`)
  return time
}

function toTimestamp(time: number): string {
  return new Date(time).toISOString()
}

function contains(collection: unknown, value: unknown): boolean {
  if (typeof collection === 'string') return collection.includes(toText(value))
  if (Array.isArray(collection)) return collection.some((item) => isEqual(item, value))
  if (typeof collection === 'object' && collection !== null) return toText(value) in collection
  throw new TypeError(`a string, an array or an object was expected, not ${describe(collection)}`)
}

function isEmpty(value: unknown): boolean {
  if (value === null || value === undefined || value === '') return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

function describe(value: unknown): string {
  return value === undefined ? 'null' : JSON.stringify(value)
}
