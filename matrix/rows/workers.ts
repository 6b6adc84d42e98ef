import { PROBE_MJS } from '../programs.ts'
import type { Row } from '../row.ts'

const WORKER = `import { probe } from './probe.mjs'
export default { fetch: () => probe().then(() => new Response('held')) }
`
const ASK = `import { Miniflare } from 'miniflare'
const flags = { compatibilityDate: '2026-07-01', compatibilityFlags: ['nodejs_compat'] }
const worker = new Miniflare({ modules: true, scriptPath: 'out/worker.mjs', ...flags })
try {
  const answer = await (await worker.dispatchFetch('http://localhost/')).text()
  if (answer !== 'held') throw new Error(answer)
} finally {
  await worker.dispose()
}
`

export const workersRow: Row = {
  name: 'Cloudflare Workers',
  packages: ['miniflare@4', 'esbuild@0.28'],
  shows: 'workerd',
  files: { 'probe.mjs': PROBE_MJS, 'worker.mjs': WORKER, 'ask.mjs': ASK },
  run: [
    [
      'esbuild',
      'worker.mjs',
      '--bundle',
      '--platform=node',
      '--format=esm',
      '--external:node:*',
      '--outfile=out/worker.mjs',
    ],
    ['node', 'ask.mjs'],
  ],
  tried: 'a bundle, with `nodejs_compat`',
  refuses: /Disallowed operation called within global scope|Code generation from strings disallowed/,
  note: 'Workers compile no code while they run, and Ajv, which checks the arguments of tools, has to',
}
