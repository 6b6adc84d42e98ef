import { existsSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { configDefaults } from 'vitest/config'
import { size, sized } from './packages/test-support/src/sized.ts'

/**
 * What holds for the tests of every project. Nothing is measured by the times, in milliseconds: they end a test that
 * hangs, on a machine that does other work too. A test that must be quicker says so itself.
 */
export const shared = {
  /** One less than there are cores is the default: one of two. Most tests wait for a process or a socket. */
  maxWorkers: Math.max(3, availableParallelism()),
  testTimeout: sized({ test: 180_000, soak: 3_600_000 }),
  hookTimeout: 300_000,
  // The inner loop loads what it tests once a process, not once a file: a third of the time.
  isolate: size !== 'fast',
  expect: { poll: { timeout: 60_000 } },
}

/**
 * Tests, and the processes that they start, run the sources of `llmops-middleware`, not what was last built of them. Vite's
 * own `module` is left out: Node gets these conditions too, and what packages export under that one is for bundlers.
 */
export const sources = {
  ssr: { resolve: { conditions: ['llmops-source', 'node'] } },
}

/**
 * Files of a project that `pnpm test:fast` leaves out: they take seconds, or a service, each. Those of `soakOnly` take a
 * minute each, and run in `pnpm test:soak` alone.
 */
export function slow(
  folder: string,
  files: readonly string[],
  soakOnly: readonly string[] = [],
): { readonly exclude: string[] } {
  const missing = [...files, ...soakOnly].filter((file) => !existsSync(join(folder, file)))
  if (missing.length > 0) throw new Error(`No file is ${missing.join(', ')} any more; mend ${folder}/vitest.config.ts.`)
  const left = [...(size === 'fast' ? files : []), ...(size === 'soak' ? [] : soakOnly)]
  return { exclude: [...configDefaults.exclude, '**/.stryker-tmp/**', ...left] }
}
