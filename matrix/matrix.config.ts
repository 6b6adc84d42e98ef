import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

/** The configuration of `pnpm test:matrix`. */
export default defineConfig({
  ...sources,
  root: import.meta.dirname,
  test: {
    ...shared,
    name: 'matrix',
    include: ['matrix.test.ts'],
    testTimeout: 1_800_000,
    hookTimeout: 600_000,
    // Most of a row's time is spent by npm on disk and network.
    maxConcurrency: 3,
  },
})
