import { UNNAMED } from '../../pricing/index.ts'

/** The first of these that names a model: what a path says, the body's, a stored prompt that brings its own. */
export function namedModel(...names: readonly unknown[]): string {
  return (names.find((name) => typeof name === 'string' && name !== '') as string | undefined) ?? UNNAMED
}
