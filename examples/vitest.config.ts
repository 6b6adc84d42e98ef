import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    name: 'examples',
    include: ['test/*.test.ts'],
    globalSetup: ['../packages/llmops-middleware/test/support/services.ts'],
  },
})
