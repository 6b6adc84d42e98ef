import { UNNAMED } from '../../pricing/index.ts'

/** Returns the first of these that is a name: of the path, of the body, of a stored prompt with its own model. */
export function namedModel(...names: readonly unknown[]): string {
  return (names.find((name) => typeof name === 'string' && name !== '') as string | undefined) ?? UNNAMED
}
