import { defineConfig } from 'vitest/config'
import { shared, slow } from '../../vitest.shared.ts'

export default defineConfig({
  test: {
    ...shared,
    ...slow(import.meta.dirname, ['src/commands/swap-command.test.ts']),
    name: 'promotion',
    include: ['src/**/*.test.ts'],
  },
})
