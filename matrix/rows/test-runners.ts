import { PROBE_CJS, PROBE_MJS, PROBE_TS } from '../programs.ts'
import type { Row } from '../row.ts'

const BODY = `
test('the agent', () => probe({ ledger: sqliteLedger('test.db') }), 60_000)
test('the matchers', async () => {
  const model = testModel({ script: ['Hello.'] })
  const ops = watch(createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 }, logger: false, defaultTenant: 'contoso' }))
  const body = JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'Hi' }] })
  const answer = await ops.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body, headers: { 'content-type': 'application/json' } })
  await answer.text()
  expect(ops).toHaveSpent({ tenant: 'contoso', usd: model.calls[0].usage.inputTokens * 2.5e-6 + model.calls[0].usage.outputTokens * 1e-5 })
  expect(() => expect(ops).toHaveSpent({ tenant: 'contoso', usd: 3 })).toThrow('3')
  expect(() => createLlmOps({ budget: { limitUSD: 1 } })).toThrow('budget.limitUSD')
})
`
const esm = (probe: string) => `import { createLlmOps } from 'llmops-middleware'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { matchers, testModel, watch } from 'llmops-middleware/testing'
import { probe } from './${probe}'
expect.extend(matchers)
${BODY}`
const COMMON_JS = `const { createLlmOps } = require('llmops-middleware')
const { sqliteLedger } = require('llmops-middleware/budget/sqlite')
const { matchers, testModel, watch } = require('llmops-middleware/testing')
const { probe } = require('./probe.cjs')
expect.extend(matchers)
${BODY}`

export const testRunnerRows: readonly Row[] = [
  {
    name: 'vitest',
    packages: ['vitest@5'],
    files: { 'probe.ts': PROBE_TS, 'agent.test.mjs': `import { expect, test } from 'vitest'\n${esm('probe.ts')}` },
    run: [['vitest', 'run']],
    tried: 'ES modules, SQLite, matchers',
  },
  {
    name: 'Jest, ES modules',
    packages: ['jest@30'],
    manifest: { type: 'module', jest: { testMatch: ['**/*.test.mjs'], transform: {} } },
    files: { 'probe.mjs': PROBE_MJS, 'agent.test.mjs': esm('probe.mjs') },
    run: [['jest', '--ci']],
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
    tried: 'ES modules, SQLite, matchers',
    note: '`NODE_OPTIONS=--experimental-vm-modules`, as Jest says',
  },
  {
    name: 'Jest, CommonJS',
    packages: ['jest@30'],
    manifest: { jest: { testMatch: ['**/*.test.cjs'] } },
    files: { 'probe.cjs': PROBE_CJS, 'agent.test.cjs': COMMON_JS },
    run: [['jest', '--ci']],
    env: { NODE_OPTIONS: '--experimental-vm-modules' },
    note: 'the same, on Node.js 24.9 or later, where Jest can `require` an ES module',
    tried: 'CommonJS, SQLite, matchers',
  },
]
