import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    name: 'llmops-middleware',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    globalSetup: 'test/services.ts',
  },
})
