import { defineConfig } from 'vitest/config'
import { limits } from '../../vitest.limits.ts'

export default defineConfig({ test: { ...limits, name: 'promotion', include: ['src/**/*.test.ts'] } })
