import OpenAI from 'openai'
import type { LlmOps } from '../../src/index.ts'
import { ToolUnavailable } from '../../src/tool/fallback.ts'

/** The provider of {@link eventfulTask}: answers at once, and fails where it is told to. */
export function scriptedProvider(): typeof fetch {
  let failures = 1
  return async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input)
    const body = JSON.parse(String(init?.body))
    if (url.pathname.endsWith('/messages')) return json(ANTHROPIC_ANSWER)
    if (body.user === 'unlucky' && failures-- > 0) {
      return json({ error: { message: 'Overloaded', type: 'server_error' } }, 503, { 'retry-after-ms': '1' })
    }
    const { model } = body
    if (body.stream) return streamed(model)
    const content = body.user === 'repair' ? '{"query":"returns"}' : 'Within 30 days.'
    const message = { role: 'assistant', content }
    return json({ id: 'c1', model, choices: [{ index: 0, finish_reason: 'stop', message }], usage: USAGE })
  }
}

const USAGE = {
  prompt_tokens: 100,
  completion_tokens: 20,
  total_tokens: 120,
  prompt_tokens_details: { cached_tokens: 40 },
}

const ANTHROPIC_ANSWER = {
  id: 'm1',
  type: 'message',
  role: 'assistant',
  model: 'claude-haiku-4-5',
  content: [{ type: 'text', text: 'Within 30 days.' }],
  stop_reason: 'end_turn',
  usage: { input_tokens: 10, cache_creation_input_tokens: 70, cache_read_input_tokens: 30, output_tokens: 8 },
}

function json(value: object, status = 200, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(JSON.stringify(value), { status, headers: { 'content-type': 'application/json', ...headers } })
}

function streamed(model: string): Response {
  const choice = (delta: object, finish_reason: string | null = null) => ({ index: 0, delta, finish_reason })
  const events = [
    { id: 'c1', model, choices: [choice({ role: 'assistant', content: '' })] },
    { id: 'c1', model, choices: [choice({ content: 'Within' })] },
    { id: 'c1', model, choices: [choice({ content: ' 30 days.' })] },
    { id: 'c1', model, choices: [choice({}, 'stop')] },
    { id: 'c1', model, choices: [], usage: USAGE },
  ]
  const text = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`
  return new Response(text, { headers: { 'content-type': 'text/event-stream' } })
}

const messages = [{ role: 'user' as const, content: 'How long may I return it?' }]

/** One task in which everything happens once that a trace tells of. Its tenant may spend $1. */
export async function eventfulTask(ops: LlmOps): Promise<void> {
  const openai = new OpenAI({ apiKey: 'any', baseURL: 'https://api.openai.com/v1', fetch: ops.fetch })
  const ask = (user: string, max_tokens = 100) =>
    openai.chat.completions.create({ model: 'gpt-4o', messages, max_tokens, user })
  const lookup = ops.tool({
    name: 'lookup',
    description: 'Looks something up',
    effect: 'read',
    parameters: { type: 'object', required: ['query'], properties: { query: { type: 'string' } } },
    run: () => {
      throw new ToolUnavailable('lookup', { reason: 'The index is being built.' })
    },
    fallbacks: [
      function webSearch() {
        return 'found'
      },
    ],
    repair: { askModel: async () => (await ask('repair')).choices[0]?.message.content ?? '' },
  })

  await ops.task({ tenant: 'contoso', conversationId: 'thread-7', id: 'task-1' }, async (task) => {
    for await (const _ of await openai.chat.completions.create({
      model: 'gpt-4o',
      messages,
      max_tokens: 100,
      stream: true,
    }));
    await ask('unlucky')
    const headers = { 'content-type': 'application/json' }
    const body = JSON.stringify({ model: 'claude-haiku-4-5', max_tokens: 100, messages })
    await (await ops.fetch('https://api.anthropic.com/v1/messages', { method: 'POST', headers, body })).json()
    await lookup.call('{"query": "returns",}', { id: 'call_1' })
    await lookup.call('{"question": 7}', { id: 'call_2' })
    ops.chaos.set({ mode: 'outage', probability: 1, ttlMs: 60_000, tools: ['webSearch'] })
    await lookup.call('{"query": "returns"}', { id: 'call_3' }).catch(() => {})
    ops.chaos.clear()
    await spendTo(ops, 0.6)
    await ask('downshifted')
    await spendTo(ops, 0.9999)
    await ask('clamped', 2000)
    await spendTo(ops, 1)
    await ask('refused').catch(() => {})
    task.evaluate('relevance', 0.9, 'pass', 'Says how long.')
    task.succeed()
  })
}

async function spendTo({ budget }: LlmOps, usd: number): Promise<void> {
  const { spentUsd } = await budget.read('contoso')
  await budget.charge({ tenant: 'contoso', usd: usd - spentUsd, reason: 'something else' })
}
