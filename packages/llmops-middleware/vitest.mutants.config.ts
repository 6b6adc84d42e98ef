import { defineConfig } from 'vitest/config'

/**
 * For `pnpm test:mutants`: pure files, so without the services that other tests need, patient with busy machines, and
 * with the same inputs each time.
 */
export default defineConfig({
  test: { include: JSON.parse(process.env['MUTANT_TESTS'] ?? '[]'), testTimeout: 20_000, env: { TEST_SEED: '1' } },
})
