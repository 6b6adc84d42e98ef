import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { name: 'local-azure', include: ['src/**/*.test.ts'] } })
