import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    name: 'chaos',
    include: ['src/**/*.test.ts'],
    // After the other projects, two files at a time: each starts a platform of several processes.
    sequence: { groupOrder: 1 },
    maxWorkers: 2,
  },
})
