import { size } from 'test-support/sized'
import { defineConfig } from 'vitest/config'
import { shared, slow, sources } from '../../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    ...slow(import.meta.dirname, [
      'src/http/any-request.test.ts',
      'src/http/chat-route.test.ts',
      'src/http/readiness.test.ts',
      'src/main.test.ts',
      'src/mcp/any-instance.test.ts',
      'src/model/default-models.test.ts',
      'src/model/redis-connection.test.ts',
      'src/ask/ask-page.test.ts',
    ]),
    name: 'agent',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Starts Chromium, which no fast test needs.
    globalSetup: size === 'fast' ? [] : ['../../packages/test-support/src/chromium.ts'],
  },
})
