import { readFileSync } from 'node:fs'
import { stripTypeScriptTypes } from 'node:module'
import { join } from 'node:path'

/** The probe as a TypeScript file, and the outputs that compilers and bundlers make of it by default. */
export const PROBE_TS = readFileSync(join(import.meta.dirname, 'probe.ts'), 'utf8')
export const PROBE_MJS = stripTypeScriptTypes(PROBE_TS)
export const PROBE_CJS = asCommonJs(PROBE_MJS)

/** Runs the probe with a ledger in a SQLite file, then with one in memory. */
export const MAIN_MJS = main('probe.mjs')
/** TypeScript and most other tools name the output of probe.ts `.js`. */
export const MAIN_TS = main('probe.js')
export const MAIN_CJS = withoutTopLevelAwait(asCommonJs(main('probe.cjs')))
/** For compilers to CommonJS. */
export const MAIN_CTS = withoutTopLevelAwait(MAIN_TS)

function main(probe: string): string {
  return `import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { probe } from './${probe}'
await probe({ ledger: sqliteLedger(\`ledger-\${process.pid}.db\`) })
await probe()
`
}

function withoutTopLevelAwait(program: string): string {
  return program.replace(/await (.*)\nawait (.*)/, 'void $1.then(() => $2)')
}

/** An app without any code for this package, loaded after \`llmops-middleware/register\`: it has spent nothing, and may spend nothing. */
export const UNGOVERNED_MJS = `import { testModel } from 'llmops-middleware/testing'
import { OpenAI } from 'openai'
const model = testModel({ script: () => 'Hello.' })
const openai = new OpenAI({ baseURL: \`\${await model.listen()}/v1\`, apiKey: 'none', maxRetries: 0 })
const messages = [{ role: 'user', content: 'Hi' }]
const refused = await openai.chat.completions.create({ model: 'gpt-4o', messages }).catch((error) => error)
await model.close()
if (refused.code !== 'budget_exceeded' || model.calls.length !== 0) throw new Error(\`It was not governed: \${refused}\`)
`
export const GOVERNED_ENV = { LLMOPS_LIMIT_USD: '0.000001' }

function asCommonJs(module: string): string {
  return module
    .replace(/^import (.*) from ('.*')$/gm, 'const $1 = require($2)')
    .replace(/^export (async function (\w+))/gm, 'exports.$2 = $2\n$1')
}
