import { readSafely } from './read-safely.ts'

/** The same symbol in every copy of this package: one process may have several. */
const MADE_BY = Symbol.for('llmops-middleware.made-by')
const THIS_COPY = Symbol('this copy')

/** Marks what only the copy of the package that made it can look into. */
export function ofThisCopy<T extends object>(made: T): T {
  return Object.defineProperty(made, MADE_BY, { value: THIS_COPY })
}

/** Whether another copy of the package made a value. A value without a mark, such as a wrapper of an application, is of no copy. */
export function isOfAnotherCopy(value: unknown): boolean {
  const madeBy = readSafely(value, MADE_BY)
  return madeBy !== undefined && madeBy !== THIS_COPY
}

/** What to do about two copies. */
export const ONE_COPY =
  'It is of another copy of llmops-middleware, whose tasks this copy cannot follow: `npm ls llmops-middleware` shows both. ' +
  'Install one for all packages of the app.'
