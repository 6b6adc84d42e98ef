import type { Row } from '../row.ts'
import { bundlerRows } from './bundlers.ts'
import { nextRows } from './next.ts'
import { nodeRows } from './node.ts'
import { otherRuntimeRows } from './other-runtimes.ts'
import { packageManagerRows } from './package-managers.ts'
import { testRunnerRows } from './test-runners.ts'
import { tsxRow, typeScriptRows } from './typescript.ts'
import { workersRow } from './workers.ts'

/** In the order of the table. */
export const rows: readonly Row[] = [
  ...nodeRows,
  ...otherRuntimeRows,
  ...packageManagerRows,
  ...typeScriptRows,
  tsxRow,
  ...testRunnerRows,
  ...bundlerRows,
  ...nextRows,
  workersRow,
]
