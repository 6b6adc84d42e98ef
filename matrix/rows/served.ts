/**
 * `governed` behind the server of Bun or Deno: two teams at once, a request without a team, and a client that leaves, which
 * is the only failure: Deno aborts the signals of requests that were answered too.
 */
export const SERVED_MJS = `import { createLlmOps } from 'llmops-middleware'
import { testModel } from 'llmops-middleware/testing'
import { governed } from 'llmops-middleware/web'
import { OpenAI } from 'openai'

const isAsked = Promise.withResolvers()
const hasFailed = Promise.withResolvers()
const usage = { inputTokens: 200, outputTokens: 20 }
const model = testModel({
  script({ messages }) {
    if (messages[0].text !== 'Wait') return { text: 'Hello there.', usage }
    isAsked.resolve()
    return { fault: 'hang' }
  },
})
const ops = createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 }, logger: false })
const outcomes = []
ops.events.subscribe((event) => {
  if (event.type !== 'task_ended') return
  outcomes.push(event.reason ?? event.outcome)
  if (event.outcome === 'failure') hasFailed.resolve()
})
const openai = new OpenAI({ fetch: ops.fetch, apiKey: 'none', maxRetries: 0 })
const tenant = (request) => request.headers.get('x-team') ?? undefined
const handler = governed({ ops, tenant }, async (request) => {
  const messages = [{ role: 'user', content: await request.text() }]
  const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true, max_completion_tokens: 50 })
  return new Response(answer.toReadableStream())
})
const at = { hostname: '127.0.0.1', port: 0 }
const server = globalThis.Deno ? Deno.serve({ ...at, onListen() {} }, handler) : Bun.serve({ ...at, fetch: handler })
const url = 'http://127.0.0.1:' + (server.addr ?? server).port
const ask = (body, headers, signal) => fetch(url, { method: 'POST', body, headers, signal })
const wanted = (what, got, value) => {
  if (got !== value) throw new Error(what + ' is ' + got + ', not ' + value)
}

const teams = ['contoso', 'fabrikam']
for (const answer of await Promise.all(teams.map(async (team) => (await ask('Hi', { 'x-team': team })).text()))) {
  const parts = answer.trim().split('\\n').map((line) => JSON.parse(line).choices[0]?.delta.content ?? '')
  wanted('the answer', parts.join(''), 'Hello there.')
}
for (const team of teams) wanted('what ' + team + ' spent', (await ops.budget.read(team)).spentUsd, 0.0007)
wanted('the status without a team', (await ask('Hi', {})).status, 401)

const leaving = new AbortController()
const left = ask('Wait', { 'x-team': 'contoso' }, leaving.signal).catch(() => {})
await isAsked.promise
leaving.abort()
await left
await hasFailed.promise
wanted('how the tasks ended', outcomes.join(), 'success,success,client_disconnected')
await ops.close()
await (globalThis.Deno ? server.shutdown() : server.stop())
`
