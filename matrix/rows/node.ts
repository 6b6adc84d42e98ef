import { GOVERNED_ENV, MAIN_CJS, MAIN_MJS, PROBE_CJS, PROBE_MJS, UNGOVERNED_MJS } from '../programs.ts'
import type { Row } from '../row.ts'

const files = { 'probe.mjs': PROBE_MJS, 'main.mjs': MAIN_MJS, 'probe.cjs': PROBE_CJS, 'main.cjs': MAIN_CJS }

/** The lowest version of `engines`, and each maintained release line. */
export const nodeRows: readonly Row[] = ['22.15.1', '24', '26'].map((version) => ({
  name: `Node.js ${version.replace(/\.\d+$/, '')}`,
  packages: [`node@${version}`],
  files: { ...files, 'ungoverned.mjs': UNGOVERNED_MJS },
  run: [
    ['node', 'main.mjs'],
    ['node', 'main.cjs'],
    ['node', '--import', 'llmops-middleware/register', 'ungoverned.mjs'],
  ],
  env: GOVERNED_ENV,
  tried: 'ES modules, CommonJS, SQLite, `register`',
}))
