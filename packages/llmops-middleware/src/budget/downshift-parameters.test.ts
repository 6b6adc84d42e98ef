import { describe, expect, it, onTestFinished } from 'vitest'
import { createLlmOps } from '../llmops.ts'

type Body = Readonly<Record<string, unknown>>

const CHAT = 'https://gateway.example/v1/chat/completions'
const RESPONSES = 'https://gateway.example/v1/responses'
const MESSAGES = 'https://gateway.example/v1/messages'
const messages = [{ role: 'user', content: 'Hi' }]

/** What a provider is asked when the budget moves a call from one model to another; undefined when the call stays. */
async function moved(from: string, to: string, url: string, parameters: Body, deployments = {}) {
  const bodies: Body[] = []
  const fetch: typeof globalThis.fetch = async (_, init) => {
    bodies.push(JSON.parse(String(init!.body)))
    return Response.json({ usage: { input_tokens: 1, output_tokens: 1, prompt_tokens: 1, completion_tokens: 1 } })
  }
  const prices = { [from]: { inputUsdPerMillion: 10, outputUsdPerMillion: 10 } }
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    fetch,
    budget: { limitUsd: 100, downshift: { at: 1e-9, to: { [from]: to } } },
    rateCard: { overrides: { ...prices, [to]: { inputUsdPerMillion: 1, outputUsdPerMillion: 1 } }, deployments },
  })
  onTestFinished(() => ops.close())
  await ops.budget.charge({ tenant: 'contoso', usd: 0.5, reason: 'before' })
  const input = url === RESPONSES ? { input: 'Hi' } : { messages }
  const cap = url === MESSAGES ? { max_tokens: 30_000 } : {}
  const body = { model: from, ...input, ...cap, ...parameters }
  const response = await ops.fetch(url, { method: 'POST', body: JSON.stringify(body) })
  expect(response.status).toBe(200)
  const { model, messages: _, input: __, ...rest } = bodies[0]!
  return model === to ? rest : undefined
}

/** `undefined` stands for a parameter that is not sent. */
function expectSaid(sent: Body | undefined, expected: Body): void {
  expect(sent).toBeDefined()
  for (const [name, value] of Object.entries(expected)) expect([name, sent![name]]).toEqual([name, value])
}

describe('a call goes to the cheaper model', () => {
  it.each([
    ['gpt-5', 'gpt-5-mini', { reasoning_effort: 'minimal' }, { reasoning_effort: 'minimal' }],
    ['gpt-5', 'gpt-5.4-mini', { reasoning_effort: 'high' }, { reasoning_effort: 'high' }],
    ['gpt-5.4', 'gpt-5.4-mini', { reasoning_effort: 'xhigh' }, { reasoning_effort: 'xhigh' }],
    ['o3', 'o4-mini', { reasoning_effort: 'low' }, { reasoning_effort: 'low' }],
    // Not to reason is what a model does that cannot.
    ['gpt-5.4', 'gpt-4.1-mini', { reasoning_effort: 'none' }, { reasoning_effort: undefined }],
    ['gpt-5.4', 'gpt-4.1-mini', { verbosity: 'medium' }, { verbosity: undefined }],
    ['gpt-5.4', 'gpt-5.4-nano', { temperature: 0.2, verbosity: 'low' }, { temperature: 0.2, verbosity: 'low' }],
    ['gpt-5.4', 'gpt-5.4-nano', { reasoning_effort: 'none', top_p: 0.5 }, { reasoning_effort: 'none', top_p: 0.5 }],
    ['gpt-4o', 'gpt-5-nano', { temperature: 1, top_p: 1, presence_penalty: 0 }, { temperature: 1 }],
    ['gpt-4o', 'gpt-4o-mini', { temperature: 0, max_tokens: 9 }, { temperature: 0, max_tokens: 9 }],
    ['gpt-4o', 'gpt-5-nano', { max_tokens: 9 }, { max_tokens: undefined, max_completion_tokens: 9 }],
    ['gpt-4o', 'gpt-5-nano', { reasoning_effort: null, temperature: null }, {}],
    ['gpt-4o', 'llama-at-home', { reasoning_effort: 'odd', temperature: 0.3 }, { reasoning_effort: 'odd' }],
    ['gpt-4o', 'openai/gpt-5-nano', { max_tokens: 9 }, { max_completion_tokens: 9 }],
  ])('from %s to %s with %j of chat completions, as %j', async (from, to, parameters, expected) => {
    expectSaid(await moved(from, to, CHAT, parameters), expected)
  })

  it.each([
    ['gpt-5.4', 'gpt-5.4-mini', { reasoning: { effort: 'high' }, text: { verbosity: 'low' } }],
    ['gpt-5', 'gpt-5-mini', { reasoning: { effort: 'low', summary: 'auto' } }],
    ['gpt-5', 'gpt-5-mini', { include: ['reasoning.encrypted_content'] }],
    ['gpt-5', 'gpt-4.1-mini', { include: ['file_search_call.results'] }],
    ['gpt-5', 'gpt-4.1-mini', { tools: [{ type: 'web_search' }] }],
  ])('from %s to %s with %j of the Responses API', async (from, to, parameters) => {
    expect(await moved(from, to, RESPONSES, parameters)).toMatchObject(parameters)
  })

  it('without the words for not reasoning where the model cannot', async () => {
    expect(await moved('gpt-5.4', 'gpt-4.1-mini', RESPONSES, { reasoning: { effort: 'none' } })).not.toHaveProperty(
      'reasoning',
    )
  })

  it('without asking for thoughts of a model that has none', async () => {
    const include = ['reasoning.encrypted_content']
    const sent = await moved('gpt-5', 'gpt-4.1-mini', RESPONSES, { include })
    expect(sent).toBeDefined()
    expect(sent).not.toHaveProperty('include')
    const both = { include: [...include, 'file_search_call.results'] }
    expect(await moved('gpt-5', 'gpt-4.1-mini', RESPONSES, both)).toMatchObject({
      include: ['file_search_call.results'],
    })
  })

  it.each([
    ['gpt-4o', 'gpt-3.5-turbo', CHAT, { max_tokens: 10_000 }, { max_tokens: 4096 }],
    ['gpt-4o', 'gpt-3.5-turbo', CHAT, { max_tokens: 10_000, n: 2 }, { max_tokens: 4096, n: 2 }],
    ['gpt-4o', 'gpt-3.5-turbo', CHAT, { max_tokens: 4000 }, { max_tokens: 4000 }],
    ['claude-opus-4-6', 'claude-3-haiku-20240307', MESSAGES, { max_tokens: 30_000 }, { max_tokens: 4096 }],
  ])('from %s to %s (%s) with a cap of %j that is no longer than its own: %j', async (from, to, url, cap, expected) => {
    expectSaid(await moved(from, to, url, cap), expected)
  })

  it('whose own cap is shorter, and the caller gets a header about it', async () => {
    const fetch = async () => Response.json({ usage: { prompt_tokens: 1, completion_tokens: 1 } })
    const downshift = { at: 1e-9, to: { 'gpt-4o': 'gpt-3.5-turbo' } }
    const ops = createLlmOps({ defaultTenant: 'contoso', fetch, budget: { limitUsd: 100, downshift } })
    onTestFinished(() => ops.close())
    await ops.budget.charge({ tenant: 'contoso', usd: 50, reason: 'before' })
    const ask = (cap: number) =>
      ops.fetch(CHAT, { method: 'POST', body: JSON.stringify({ model: 'gpt-4o', messages, max_tokens: cap }) })
    expect((await ask(10_000)).headers.get('x-llmops-max-output-tokens')).toBe('4096')
    expect((await ask(4096)).headers.get('x-llmops-max-output-tokens')).toBeNull()
  })

  const budget = { thinking: { type: 'enabled', budget_tokens: 2000 } }
  const adaptive = { thinking: { type: 'adaptive' } }
  it.each([
    ['claude-opus-4-6', 'claude-haiku-4-5', budget, budget],
    ['claude-opus-4-6', 'claude-haiku-4-5-20251001', budget, budget],
    ['claude-opus-4-6', 'claude-3-7-sonnet-20250219', budget, budget],
    ['claude-opus-4-8', 'claude-sonnet-4-6', adaptive, adaptive],
    ['claude-opus-4-8', 'claude-sonnet-5', { ...adaptive, output_config: { effort: 'xhigh' } }, adaptive],
    [
      'claude-opus-4-8',
      'claude-sonnet-4-6',
      { output_config: { effort: 'max' } },
      { output_config: { effort: 'max' } },
    ],
    // High is what it is without the word.
    ['claude-opus-4-8', 'claude-haiku-4-5', { output_config: { effort: 'high' } }, { output_config: undefined }],
    [
      'claude-opus-4-8',
      'claude-haiku-4-5',
      { output_config: { effort: 'high', format: { type: 'json' } } },
      { output_config: { format: { type: 'json' } } },
    ],
    ['claude-opus-4-8', 'claude-haiku-4-5', { thinking: { type: 'disabled' } }, { thinking: { type: 'disabled' } }],
    ['claude-opus-4-6', 'claude-sonnet-5', { temperature: 1 }, { temperature: 1 }],
    ['claude-opus-4-6', 'claude-sonnet-4-6', { temperature: 0.2, top_k: 5 }, { temperature: 0.2, top_k: 5 }],
  ])('from %s to %s with %j of Messages, as %j', async (from, to, parameters, expected) => {
    expectSaid(await moved(from, to, MESSAGES, parameters), expected)
  })
})

describe('a call stays where it was asked', () => {
  it.each([
    ['gpt-5.4', 'gpt-5-mini', { reasoning_effort: 'none' }],
    ['gpt-5.4', 'gpt-5.1', { reasoning_effort: 'xhigh' }],
    ['gpt-5', 'gpt-5.4-nano', { reasoning_effort: 'minimal' }],
    ['gpt-5', 'gpt-4o-mini', { reasoning_effort: 'low' }],
    ['gpt-5', 'gpt-5-chat-latest', { reasoning_effort: 'low' }],
    ['gpt-5', 'o3-mini', { reasoning_effort: 'minimal' }],
    ['gpt-5.4', 'o1-mini', { reasoning_effort: 'none' }],
    ['gpt-5', 'o4-mini', { verbosity: 'low' }],
    ['gpt-5', 'gpt-4o-mini', { verbosity: 'high' }],
    ['gpt-5.4', 'gpt-5-pro', { reasoning_effort: 'low' }],
    ['gpt-4o', 'gpt-5-nano', { temperature: 0.2 }],
    ['gpt-4o', 'gpt-5-nano', { logprobs: true }],
    ['gpt-4o', 'o4-mini', { parallel_tool_calls: false }],
    ['gpt-4o', 'o4-mini', { top_p: 0.9 }],
    ['gpt-5.1', 'gpt-5.4-nano', { reasoning_effort: 'low', temperature: 0.5 }],
    ['gpt-audio', 'gpt-4o-mini', { modalities: ['text', 'audio'], audio: { voice: 'alloy', format: 'wav' } }],
    ['gpt-audio', 'gpt-4o-mini', { messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: {} }] }] }],
    ['gpt-4o', 'gpt-3.5-turbo', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }],
    ['gpt-4o-search-preview', 'gpt-4o-mini', { web_search_options: {} }],
    ['gpt-4o', 'gpt-5-nano', { prediction: { type: 'content', content: 'Hi' } }],
  ])('%s, and not %s, with %j of chat completions', async (from, to, parameters) => {
    expect(await moved(from, to, CHAT, parameters)).toBeUndefined()
  })

  it.each([
    ['gpt-5', 'gpt-4.1-mini', { reasoning: { effort: 'low' } }],
    ['gpt-5.4', 'gpt-4.1-mini', { reasoning: { effort: 'none', summary: 'auto' } }],
    ['gpt-5.4', 'gpt-4.1-mini', { text: { verbosity: 'low' } }],
    ['gpt-5', 'gpt-4.1-mini', { input: [{ type: 'reasoning', id: 'rs_1', summary: [] }] }],
    ['gpt-4.1', 'gpt-4.1-nano', { tools: [{ type: 'web_search_preview' }] }],
    ['gpt-4.1', 'o3-mini', { input: [{ role: 'user', content: [{ type: 'input_image', file_id: 'file_1' }] }] }],
  ])('%s, and not %s, with %j of the Responses API', async (from, to, parameters) => {
    expect(await moved(from, to, RESPONSES, parameters)).toBeUndefined()
  })

  it.each([
    ['claude-opus-4-6', 'claude-sonnet-5', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
    ['claude-opus-4-6', 'claude-3-5-haiku-20241022', { thinking: { type: 'enabled', budget_tokens: 2000 } }],
    ['claude-opus-4-8', 'claude-haiku-4-5', { thinking: { type: 'adaptive' } }],
    ['claude-opus-4-8', 'claude-haiku-4-5', { speed: 'fast' }],
    ['claude-opus-4-8', 'claude-haiku-4-5', { output_config: { effort: 'low' } }],
    ['claude-opus-4-8', 'claude-opus-4-5', { output_config: { effort: 'max' } }],
    ['claude-opus-4-8', 'claude-sonnet-4-6', { output_config: { effort: 'xhigh' } }],
    ['claude-opus-4-6', 'claude-sonnet-5', { temperature: 0.2 }],
    ['claude-opus-4-6', 'claude-opus-4-7', { top_k: 5 }],
  ])('%s, and not %s, with %j of Messages', async (from, to, parameters) => {
    expect(await moved(from, to, MESSAGES, parameters)).toBeUndefined()
  })

  it('by the model that a deployment serves, not by its name', async () => {
    const effort = { reasoning_effort: 'low' }
    expect(await moved('prod', 'small', CHAT, effort, { prod: 'gpt-5', small: 'gpt-4o-mini' })).toBeUndefined()
    expect(await moved('prod', 'gpt-4o-mini', CHAT, effort, { 'gpt-4o-mini': 'gpt-5-nano' })).toMatchObject(effort)
  })
})

it('a refusal says which parameter prevented the downshift, and the developer is warned once', async () => {
  const warnings: string[] = []
  const onWarning = ({ name, message }: Error) => name === 'DownshiftWarning' && warnings.push(message)
  process.on('warning', onWarning)
  onTestFinished(() => {
    process.off('warning', onWarning)
  })
  const ops = createLlmOps({ budget: { limitUsd: 0, downshift: { to: { 'gpt-5': 'gpt-4o-mini' } } } })
  const body = JSON.stringify({ model: 'gpt-5', messages, reasoning_effort: 'medium' })
  for (const _ of [1, 2]) {
    const response = await ops.fetchAs({ tenant: 'contoso' })(CHAT, { method: 'POST', body })
    const { error } = (await response.json()) as { error: { message: string } }
    expect(error.message).toMatch(/limit of .* is \$0.*'gpt-4o-mini' cannot serve the call.*`reasoning_effort: medium`/)
  }
  await new Promise((resolve) => setImmediate(resolve))
  expect(
    warnings.filter((warning) => warning.includes("Calls to 'gpt-5'") && warning.includes(': medium`')),
  ).toHaveLength(1)
})
