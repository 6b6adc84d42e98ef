import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    name: 'observability',
    include: ['*.test.ts'],
    globalSetup: ['test-support/promtool'],
  },
})
