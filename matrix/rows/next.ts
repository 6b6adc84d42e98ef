import { PROBE_MJS } from '../programs.ts'
import type { Row } from '../row.ts'

const OPS = `import { createLlmOps } from 'llmops-middleware'
import { sqliteLedger } from 'llmops-middleware/budget/sqlite'
import { testModel } from 'llmops-middleware/testing'
import { OpenAI } from 'openai'
const model = testModel({ script: () => ({ text: 'Hello there.', usage: { inputTokens: 200, outputTokens: 20 } }) })
const budget = { limitUsd: 1, ledger: sqliteLedger(\`ledger-\${process.pid}.db\`) }
export const ops = createLlmOps({ fetch: model.fetch, logger: false, budget })
export const openai = new OpenAI({ fetch: ops.fetch, apiKey: 'none', maxRetries: 0 })
`
const CHAT_ROUTE = `import { governed } from 'llmops-middleware/web'
import { openai, ops } from '../../ops.mjs'
const tenant = (request) => request.headers.get('x-team') ?? undefined
export const POST = governed({ ops, tenant, deadlineMs: 30_000 }, async (request) => {
  const messages = [{ role: 'user', content: await request.text() }]
  const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true, max_completion_tokens: 50 })
  return new Response(answer.toReadableStream())
})
`
const SPENT_ROUTE = `import { ops } from '../../ops.mjs'
export const GET = async (request) => Response.json(await ops.budget.read(new URL(request.url).searchParams.get('team')))
`
const PROBE_ROUTE = `import { probe } from '../../probe.mjs'
export const dynamic = 'force-dynamic'
export const GET = () => probe().then(() => new Response('held'))
`
/** Starts the build and requests it as browsers do: two teams at once, and a request without a team. */
const ASK = `import { spawn } from 'node:child_process'
import { once } from 'node:events'
const next = ['node_modules/next/dist/bin/next', 'start', '--hostname', '127.0.0.1', '--port', '0']
const server = spawn(process.execPath, next, { stdio: ['ignore', 'pipe', 'inherit'] })
let said = ''
const url = await new Promise((resolve, reject) => {
  server.once('exit', () => reject(new Error(said)))
  server.stdout.setEncoding('utf8').on('data', (text) => {
    said += text
    if (said.includes('Ready')) resolve(/http:\\/\\/[^\\s:]+:\\d+/.exec(said)[0])
  })
})
try {
  const ask = (headers) => fetch(url + '/chat', { method: 'POST', headers, body: 'Hi' })
  const teams = ['contoso', 'fabrikam']
  const answers = await Promise.all(teams.map(async (team) => (await ask({ 'x-team': team })).text()))
  const parts = answers.map((lines) => lines.trim().split('\\n').map((line) => JSON.parse(line).choices[0]?.delta.content ?? ''))
  if (parts.some((part) => part.length < 2 || part.join('') !== 'Hello there.')) throw new Error(String(answers))
  for (const team of teams) {
    const { spentUsd, heldUsd } = await (await fetch(url + '/spent?team=' + team)).json()
    if (spentUsd !== 0.0007 || heldUsd !== 0) throw new Error(team + ' spent ' + spentUsd + ' and holds ' + heldUsd)
  }
  const { status } = await ask({})
  if (status !== 401) throw new Error('A request without a team got status ' + status)
  const held = await (await fetch(url + '/probe')).text()
  if (held !== 'held') throw new Error(held)
} finally {
  server.kill()
  await once(server, 'exit')
}
`
const LAYOUT = `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>
}
`

export const nextRows: readonly Row[] = [
  { name: 'Next.js, Turbopack', build: ['next', 'build'] as const },
  { name: 'Next.js, webpack', build: ['next', 'build', '--webpack'] as const },
].map(({ name, build }) => ({
  name,
  packages: ['next@16', 'react@19', 'react-dom@19'],
  files: {
    'probe.mjs': PROBE_MJS,
    'ops.mjs': OPS,
    'app/layout.js': LAYOUT,
    'app/chat/route.js': CHAT_ROUTE,
    'app/spent/route.js': SPENT_ROUTE,
    'app/probe/route.js': PROBE_ROUTE,
    'ask.mjs': ASK,
  },
  env: { NEXT_TELEMETRY_DISABLED: '1' },
  run: [build, ['node', 'ask.mjs']],
  tried: '`next build` and `next start`; a route of the app router that streams, `governed`, SQLite',
}))
