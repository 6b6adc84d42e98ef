import { pooledFetch } from '../../src/transport/index.ts'

/** Every way to the provider, by name: what a route promises, it promises over each. */
export const TRANSPORTS: readonly (readonly [string, () => typeof fetch])[] = [
  ['the global fetch', () => fetch],
  ['pooledFetch()', () => pooledFetch()],
]
