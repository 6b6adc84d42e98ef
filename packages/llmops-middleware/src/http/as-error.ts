import { describeValue } from '../describe-value.ts'

/**
 * What was thrown, as something that every framework takes for an error. Express and Fastify take a rejection with nothing
 * for success, and Express takes `'route'` for a command: the handler that was to be kept from running would run.
 */
export function asError(thrown: unknown): unknown {
  if (typeof thrown === 'object' && thrown !== null) return thrown
  return new Error(`A function rejected with ${describeValue(thrown)}, which is no error.`, { cause: thrown })
}
