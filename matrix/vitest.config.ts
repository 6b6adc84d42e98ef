import { defineConfig } from 'vitest/config'
import { shared, sources } from '../vitest.shared.ts'

/** The cheap tests of the matrix; `pnpm test:matrix` runs the rows, with matrix.config.ts. */
export default defineConfig({ ...sources, test: { ...shared, name: 'matrix', include: ['table.test.ts'] } })
