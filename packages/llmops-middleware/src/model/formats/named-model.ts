/** What a request that names no model is called, so that it can have a price: `deployments: { unnamed: 'gpt-4o' }`. */
const UNNAMED = 'unnamed'

/** The first of these that names a model: what a path says, the body's, a stored prompt that brings its own. */
export function namedModel(...names: readonly unknown[]): string {
  return (names.find((name) => typeof name === 'string' && name !== '') as string | undefined) ?? UNNAMED
}
