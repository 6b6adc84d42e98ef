import { randomInt } from 'node:crypto'
import { defineConfig } from 'vitest/config'
import { oldPeers } from './packages/llmops-middleware/old-peers.ts'

/** Projects that start programs: a compiler, a platform of many processes. */
const SLOW = ['chaos', 'examples', 'infra', 'observability']

/** The mode is the size: `vitest run --mode fast`, `--mode soak`. Every process of the run reads both from here. */
export default defineConfig(({ mode }) => {
  process.env['TEST_SIZE'] ??= mode
  if (process.env['TEST_SEED'] === undefined) {
    const seed = randomInt(2 ** 31)
    process.env['TEST_SEED'] = `${seed}`
    console.error(`Generated inputs have the seed ${seed}; TEST_SEED sets it.`)
  }
  const projects = [
    'packages/*',
    'apps/*',
    'matrix',
    ...(process.env['TEST_SIZE'] === 'fast' ? [] : [...SLOW, ...oldPeers]),
  ]
  return { test: { projects } }
})
