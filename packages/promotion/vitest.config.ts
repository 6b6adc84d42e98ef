import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'promotion', include: ['src/**/*.test.ts'] } })
