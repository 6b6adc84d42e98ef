/** What a row runs: a small agent whose answers have the costs below. Each row imports it in its own way. */
import { createLlmOps } from 'llmops-middleware'
import type { Ledger } from 'llmops-middleware/budget'
import { testModel } from 'llmops-middleware/testing'
import { OpenAI } from 'openai'

/** $0.0007 at gpt-4o's price. */
const usage = { inputTokens: 200, outputTokens: 20 }
/** A call, a stream, and a tool call with the answer that follows it. */
const ANSWERS = 4

/** Rejects unless every amount is exact. */
export async function probe({ ledger }: { ledger?: Ledger } = {}): Promise<void> {
  const model = testModel({
    script: ({ tools, messages }) =>
      tools.length > 0 && messages.at(-1)?.role === 'user'
        ? { toolCalls: [{ name: 'double', arguments: '{"n": 21,}' }], usage }
        : { text: 'Hello there.', usage },
  })
  const ops = createLlmOps({
    fetch: model.fetch,
    logger: false,
    budget: { limitUsd: { poor: 0.000001, '*': 1 }, ...(ledger === undefined ? {} : { ledger }) },
  })
  const openai = new OpenAI({ fetch: ops.fetch, apiKey: 'none', maxRetries: 0 })
  const double = ops.tool({
    name: 'double',
    description: 'Doubles a number.',
    parameters: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
    effect: 'read',
    run: ({ n }) => Number(n) * 2,
  })

  async function agent(): Promise<void> {
    const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hi' }]
    const asked = { model: 'gpt-4o', messages, max_completion_tokens: 100 }
    const answer = await openai.chat.completions.create(asked)
    same(answer.choices[0]?.message.content, 'Hello there.')

    let streamed = ''
    for await (const part of await openai.chat.completions.create({ ...asked, stream: true })) {
      streamed += part.choices[0]?.delta.content ?? ''
    }
    same(streamed, 'Hello there.')

    const { message } = (await openai.chat.completions.create({ ...asked, tools: [double.definition] })).choices[0]!
    const call = message.tool_calls![0]!
    if (call.type !== 'function') throw new Error(`The model calls a ${call.type}.`)
    const result = await double.call(call.function.arguments, { id: call.id })
    same(result, 42)
    messages.push(message, { role: 'tool', tool_call_id: call.id, content: String(result) })
    await openai.chat.completions.create({ ...asked, tools: [double.definition] })
  }

  // Several at once: a runtime that loses the task across an `await` charges another tenant, or none.
  const tenants = ['contoso', 'fabrikam', 'tailspin']
  await Promise.all(tenants.map((tenant) => ops.task({ tenant, deadlineMs: 30_000 }, agent)))
  for (const tenant of tenants) same((await ops.budget.read(tenant)).spentUsd, (0.0007 * ANSWERS * 1e9) / 1e9)

  const refused = await ops.task({ tenant: 'poor' }, agent).catch((error: unknown) => error)
  same((refused as { code?: unknown }).code, 'budget_exceeded')
  same(model.calls.length, tenants.length * ANSWERS)
  await ops.close()
}

function same(got: unknown, wanted: unknown): void {
  if (got !== wanted) throw new Error(`The probe got ${String(got)}, expected ${String(wanted)}.`)
}
