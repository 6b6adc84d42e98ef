/** fast-check for every test of this workspace: one seed per run, and the number of inputs that the size of the run asks for. */
import { relative } from 'node:path'
import fc, { type RunDetails } from 'fast-check'
import { expect } from 'vitest'
import { size, sized } from './sized.ts'

const { TEST_SEED } = process.env

fc.configureGlobal({
  ...(TEST_SEED === undefined ? {} : { seed: Number(TEST_SEED) }),
  numRuns: sized({ test: 100, soak: 10_000 }),
  reporter: failWithCommand,
})

function failWithCommand(details: RunDetails<unknown>): void {
  if (!details.failed) return
  const { testPath = '', currentTestName } = expect.getState()
  const command = size === 'test' ? 'test' : `test:${size}`
  const repeat = `npx --yes pnpm@12 ${command} ${relative(process.cwd(), testPath)}`
  throw new Error(
    `${fc.defaultReportMessage(details)}\n\nRepeat "${currentTestName}" with TEST_SEED=${details.seed} in the environment: ${repeat}`,
    {
      cause: details.errorInstance,
    },
  )
}

export { fc }
