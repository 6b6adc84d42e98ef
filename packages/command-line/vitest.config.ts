import { defineConfig } from 'vitest/config'
import { shared, sources } from '../../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: { ...shared, name: 'command-line', include: ['src/**/*.test.ts'] },
})
