import { defineConfig } from 'vitest/config'

/** For `pnpm test:mutants`: pure files, so without the services that other tests need, and patient with busy machines. */
export default defineConfig({ test: { include: ['src/**/*.test.ts'], testTimeout: 20_000 } })
