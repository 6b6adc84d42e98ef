import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    name: 'chaos',
    include: ['src/**/*.test.ts'],
    // After the others, one by one: a drill goes by the clock of the wall, a second of which is a minute of the rules.
    fileParallelism: false,
  },
})
