import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

/** `pnpm test:matrix`. */
export default defineConfig({
  ...sources,
  root: import.meta.dirname,
  test: {
    ...shared,
    name: 'matrix',
    include: ['matrix.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    // Most of a row is npm's wait for its disk and network.
    maxConcurrency: 3,
  },
})
