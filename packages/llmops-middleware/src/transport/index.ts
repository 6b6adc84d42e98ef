export { type PooledFetchOptions, pooledFetch } from './pooled-fetch.ts'
