import { defineConfig } from 'vitest/config'
import { shared, slow, sources } from '../../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    ...slow(import.meta.dirname, ['src/commands/swap-command.test.ts']),
    name: 'promotion',
    include: ['src/**/*.test.ts'],
  },
})
