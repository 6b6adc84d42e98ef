import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

/** What is cheap to hold of the matrix; `pnpm test:matrix` tries it, by matrix.config.ts. */
export default defineConfig({ ...sources, test: { ...shared, name: 'matrix', include: ['table.test.ts'] } })
