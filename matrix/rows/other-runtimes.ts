import { GOVERNED_ENV, MAIN_CJS, MAIN_MJS, PROBE_CJS, PROBE_MJS, UNGOVERNED_MJS } from '../programs.ts'
import type { Row } from '../row.ts'
import { SERVED_MJS } from './served.ts'

const files = {
  'probe.mjs': PROBE_MJS,
  'main.mjs': MAIN_MJS,
  'probe.cjs': PROBE_CJS,
  'main.cjs': MAIN_CJS,
  'ungoverned.mjs': UNGOVERNED_MJS,
  'served.mjs': SERVED_MJS,
}

export const otherRuntimeRows: readonly Row[] = [
  {
    name: 'Bun',
    packages: ['bun@1'],
    files,
    run: [
      ['bun', 'main.mjs'],
      ['bun', 'main.cjs'],
      ['bun', 'served.mjs'],
      ['bun', '--preload', 'llmops-middleware/register', 'ungoverned.mjs'],
    ],
    env: GOVERNED_ENV,
    tried: 'ES modules, CommonJS, SQLite, `register`, `governed` in its server',
  },
  {
    name: 'Deno',
    packages: ['deno@2'],
    files,
    run: [
      ['deno', 'run', '--allow-all', 'main.mjs'],
      ['deno', 'run', '--allow-all', 'main.cjs'],
      ['deno', 'run', '--allow-all', 'served.mjs'],
      [
        'deno',
        'run',
        '--allow-all',
        '--preload',
        './node_modules/llmops-middleware/dist/register/main.js',
        'ungoverned.mjs',
      ],
    ],
    env: GOVERNED_ENV,
    tried: 'ES modules, CommonJS, SQLite, `register`, `governed` in its server',
    note: '`--preload ./node_modules/llmops-middleware/dist/register/main.js`: Deno takes no name of a package there',
  },
  {
    name: 'Node.js 20',
    packages: ['node@20'],
    files,
    run: [['node', 'main.mjs']],
    tried: 'ES modules',
    refuses: /llmops-middleware needs Node\.js 22\.15 or later, and this is 20\./,
    note: 'refused with a sentence that says so',
  },
]
