/**
 * How many files and functions one warm call goes through, by V8's precise coverage, and how deep the stack is where the
 * ledger is asked. Prints the table of docs/architecture.md: `node scripts/journeys.ts`.
 */
import { Session } from 'node:inspector/promises'
import { memoryLedger } from '../packages/llmops-middleware/src/budget/index.ts'
import { createLlmOps } from '../packages/llmops-middleware/src/index.ts'

const INSIDE = '/packages/llmops-middleware/src/'
const WARM_CALLS = 200

const CHAT = { model: 'gpt-4o-mini', messages: [{ role: 'user', content: 'Hello' }], max_tokens: 64 }
const ANSWER = {
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello!' } }],
  model: 'gpt-4o-mini',
  usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
}
const EVENTS = [
  { choices: [{ index: 0, delta: { role: 'assistant', content: '' } }] },
  ...['Hel', 'lo', '!'].map((content) => ({ choices: [{ index: 0, delta: { content } }] })),
  { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { choices: [], usage: ANSWER.usage },
]

/** A provider in this process. Only what runs before it is counted. */
const provider = (async (_: unknown, init?: RequestInit) =>
  JSON.parse(String(init?.body)).stream
    ? new Response(
        EVENTS.map((event) => `data: ${JSON.stringify(event)}\n\n`)
          .concat('data: [DONE]\n\n')
          .join(''),
        {
          headers: { 'content-type': 'text/event-stream' },
        },
      )
    : Response.json(ANSWER)) as typeof fetch

const ledger = memoryLedger()
let frames = 0
const reserve = ledger.reserve.bind(ledger)
ledger.reserve = (request) => {
  Error.stackTraceLimit = 200
  const stack = new Error().stack ?? ''
  frames = stack.split('\n').filter((line) => line.includes(INSIDE)).length
  return reserve(request)
}

const common = { defaultTenant: 'contoso', fetch: provider }
const plain = createLlmOps({ ...common, budget: { limitUsd: 1000, ledger } })
const routed = createLlmOps({
  ...common,
  budget: { limitUsd: 1000, ledger },
  route: { targets: [{ name: 'only', model: 'gpt-4o-mini' }] },
})

const chat = (ops: { fetch: typeof fetch }, stream: boolean) => async () => {
  const body = JSON.stringify(stream ? { ...CHAT, stream } : CHAT)
  const headers = { 'content-type': 'application/json' }
  const response = await ops.fetch('http://127.0.0.1/v1/chat/completions', { method: 'POST', headers, body })
  if (stream) for await (const _ of response.body!);
  else await response.json()
}

const parameters = { type: 'object', properties: { id: { type: 'integer' } }, required: ['id'] }
const tool = (run: () => unknown, fallbacks: (() => unknown)[] = []) =>
  plain.tool({ name: 'lookup', description: 'Looks up', parameters, effect: 'read', run, fallbacks })
const lookup = tool(() => 'found')
const failing = tool(() => {
  throw Object.assign(new Error('down'), { code: 'ECONNREFUSED' })
}, [() => 'found elsewhere'])

const JOURNEYS: Readonly<Record<string, () => Promise<unknown>>> = {
  'JSON call, default layers': chat(plain, false),
  'JSON call, with `route`': chat(routed, false),
  'streamed call, default layers': chat(plain, true),
  'streamed call, with `route`': chat(routed, true),
  'tool call, nothing wrong': () => lookup.call('{"id": 7}'),
  'tool call, repaired, answered by a fallback': () => failing.call('{"id": "7",}'),
}

const session = new Session()
session.connect()
await session.post('Profiler.enable')
console.log('| journey | files | functions | calls | frames at `ledger.reserve` |\n|---|---|---|---|---|')
for (const [name, act] of Object.entries(JOURNEYS)) {
  for (let call = 0; call < WARM_CALLS; call++) await act()
  frames = 0
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: false })
  await act()
  const { result } = await session.post('Profiler.takePreciseCoverage')
  await session.post('Profiler.stopPreciseCoverage')
  const entered = result
    .filter(({ url }) => url.includes(INSIDE))
    .map(({ functions }) => functions.map(({ ranges }) => ranges[0]!.count).filter((count) => count > 0))
    .filter((counts) => counts.length > 0)
  const counts = entered.flat()
  const calls = counts.reduce((sum, count) => sum + count, 0)
  console.log(`| ${name} | ${entered.length} | ${counts.length} | ${calls} | ${frames || '–'} |`)
}
await plain.close()
await routed.close()
