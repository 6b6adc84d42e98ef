/**
 * A `fetch` on pooled connections, for many calls at once.
 *
 * @module
 */
export { type PooledFetchOptions, pooledFetch } from './pooled-fetch.ts'
