import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { describe, expect, it } from 'vitest'
import { type Answer, answeringServer, HANGS } from '../../../test/support/answering-server.ts'
import { createLlmOps } from '../../llmops.ts'
import { createRateCard } from '../../pricing/index.ts'
import type { Usage } from '../../usage.ts'

const messages: { role: 'user'; content: string }[] = [{ role: 'user', content: 'Hello' }]

/** The SDKs over one budget, and what it counts when everything has ended. */
async function paying(answer: (index: number) => Answer, limitUsd = 1000) {
  const { url, asked } = await answeringServer((_, index) => answer(index))
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd },
    rateCard: { unknownModel: 'assumeMax' },
  })
  return {
    url,
    asked,
    ops,
    openai: new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    anthropic: new Anthropic({ baseURL: url, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    async spentUsd() {
      await ops.close()
      const { spentUsd, heldUsd } = await ops.budget.read('contoso')
      expect(heldUsd).toBe(0)
      return spentUsd
    },
  }
}

const chatAnswer = (usage: object, model = 'grok-4', content = 'Hi') => ({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model,
  choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
  usage,
})

const rateCard = createRateCard()

describe('the usage of a chat completion', () => {
  it('counts as output what the total has above the prompt: xAI reports reasoning nowhere else', async () => {
    const usage = { prompt_tokens: 37, completion_tokens: 12, total_tokens: 450 }
    const { openai, spentUsd } = await paying(() => chatAnswer(usage))
    await openai.chat.completions.create({ model: 'grok-4', messages })
    expect(await spentUsd()).toBe(rateCard.cost('grok-4', { inputTokens: 37, outputTokens: 413 }))
  })

  it('is charged never below any of its counts, whatever else it leaves out', async () => {
    const count = fc.option(fc.integer({ min: 0, max: 100_000 }), { freq: 3 })
    const usages = fc.sample(
      fc.record({
        prompt_tokens: fc.integer({ min: 1, max: 100_000 }),
        completion_tokens: count,
        total_tokens: count,
        prompt_tokens_details: fc.option(fc.constant({ cached_tokens: null })),
      }),
      sized({ test: 60, soak: 2_000 }),
    )
    const outputOf = ({ prompt_tokens, completion_tokens, total_tokens }: (typeof usages)[number]) =>
      Math.max(completion_tokens ?? 0, (total_tokens ?? 0) - prompt_tokens)
    const { openai, spentUsd } = await paying((index) =>
      chatAnswer(usages[index]!, 'gpt-4o', outputOf(usages[index]!) > 0 ? 'Hi' : ''),
    )
    let leastUsd = 0
    for (const usage of usages) {
      await openai.chat.completions.create({ model: 'gpt-4o', messages })
      const [inputTokens, outputTokens] = [usage.prompt_tokens, outputOf(usage)]
      leastUsd += rateCard.cost('gpt-4o', { inputTokens, outputTokens })
    }
    expect(await spentUsd()).toBeCloseTo(leastUsd, 9)
  })

  it.each([
    { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
    { prompt_tokens: 5000, completion_tokens: null },
    { prompt_tokens: 5000, completion_tokens: 100, prompt_tokens_details: null },
  ])('survives a last chunk that says %j', async (last) => {
    const known = { prompt_tokens: 5000, completion_tokens: 100, prompt_tokens_details: { cached_tokens: 4000 } }
    const chunk = { id: 'chatcmpl-1', object: 'chat.completion.chunk', model: 'gpt-4o' }
    const { openai, spentUsd } = await paying(() => [
      { ...chunk, choices: [{ index: 0, delta: { content: 'Hi' }, finish_reason: 'stop' }] },
      { ...chunk, choices: [], usage: known },
      { ...chunk, choices: [], usage: last },
      '[DONE]',
    ])
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
    const usage = { inputTokens: 5000, cachedInputTokens: 4000, outputTokens: 100 }
    expect(await spentUsd()).toBe(rateCard.cost('gpt-4o', usage))
  })
})

const WRITES = { inputTokens: 10_032, cacheWriteTokens: 10_017, outputTokens: 5 }
const CLAUDE = { prompt_tokens: 10_032, completion_tokens: 5, total_tokens: 10_037 }

describe('the usage that a gateway reports in its own way', () => {
  it.each<[string, object, Usage]>([
    [
      'text in place of numbers',
      { prompt_tokens: '20', completion_tokens: '10' },
      { inputTokens: 20, outputTokens: 10 },
    ],
    ['a fraction of a token', { prompt_tokens: 20, completion_tokens: 9.6 }, { inputTokens: 20, outputTokens: 10 }],
    ["Anthropic's names", { input_tokens: 20, output_tokens: 10 }, { inputTokens: 20, outputTokens: 10 }],
    ['cache writes at the top (LiteLLM)', { ...CLAUDE, cache_creation_input_tokens: 10_017 }, WRITES],
    [
      'cache writes in the details (LiteLLM)',
      { ...CLAUDE, prompt_tokens_details: { cached_tokens: 0, cache_creation_tokens: 10_017 } },
      WRITES,
    ],
    [
      'cache writes for an hour (LiteLLM)',
      {
        ...CLAUDE,
        cache_creation_input_tokens: 10_017,
        prompt_tokens_details: { cache_creation_token_details: { ephemeral_1h_input_tokens: 10_017 } },
      },
      { ...WRITES, hourCacheWriteTokens: 10_017 },
    ],
    [
      'cache reads at the top',
      { ...CLAUDE, cache_read_input_tokens: 10_017 },
      { inputTokens: 10_032, cachedInputTokens: 10_017, outputTokens: 5 },
    ],
    [
      'cache reads beside the prompt, and more of them',
      { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15, prompt_tokens_details: { cached_tokens: 5000 } },
      { inputTokens: 5010, cachedInputTokens: 5000, outputTokens: 5 },
    ],
    [
      'cache reads beside the prompt, by the total',
      {
        prompt_tokens: 6000,
        completion_tokens: 5,
        total_tokens: 11_005,
        prompt_tokens_details: { cached_tokens: 5000 },
      },
      { inputTokens: 11_000, cachedInputTokens: 5000, outputTokens: 5 },
    ],
    [
      'cache reads and writes beside the prompt, and together more of them',
      { prompt_tokens: 1000, completion_tokens: 5, cache_read_input_tokens: 600, cache_creation_input_tokens: 700 },
      { inputTokens: 2300, cachedInputTokens: 600, cacheWriteTokens: 700, outputTokens: 5 },
    ],
  ])('is charged with %s', async (_, usage, read) => {
    const { openai, spentUsd } = await paying(() => chatAnswer(usage, 'claude-sonnet-4-5'))
    await openai.chat.completions.create({ model: 'claude-sonnet-4-5', messages })
    expect(await spentUsd()).toBe(rateCard.cost('claude-sonnet-4-5', read))
  })

  it.each([
    ['prompt', 'completion'],
    ['input', 'output'],
  ])('takes reasoning outside of the output for output, though as much was cached: %s', async (input, output) => {
    const details = {
      [`${input}_tokens_details`]: { cached_tokens: 100 },
      [`${output}_tokens_details`]: { reasoning_tokens: 100 },
    }
    const usage = { [`${input}_tokens`]: 150, [`${output}_tokens`]: 5, total_tokens: 255, ...details }
    const { openai, spentUsd } = await paying(() => chatAnswer(usage))
    await openai.chat.completions.create({ model: 'grok-4', messages })
    const read = { inputTokens: 150, cachedInputTokens: 100, outputTokens: 105 }
    expect(await spentUsd()).toBe(rateCard.cost('grok-4', read))
  })

  const usage = { prompt_tokens: 20, completion_tokens: 10, total_tokens: 30 }
  it.each([
    ['in a choice (Moonshot)', { choices: [{ index: 0, delta: {}, finish_reason: 'stop', usage }] }],
    ['in a field of its own (Groq)', { choices: [{ index: 0, delta: {}, finish_reason: 'stop' }], x_groq: { usage } }],
  ])('is found in a stream %s', async (_, last) => {
    const first = { choices: [{ index: 0, delta: { content: 'Hi' } }] }
    const { openai, spentUsd } = await paying(() => [first, last, '[DONE]'])
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
    expect(await spentUsd()).toBe(rateCard.cost('gpt-4o', { inputTokens: 20, outputTokens: 10 }))
  })

  it('is the total of embeddings, where there is nothing else (Voyage)', async () => {
    const answer = { object: 'list', model: 'voyage-3', data: [], usage: { total_tokens: 1000 } }
    const { openai, spentUsd } = await paying(() => answer)
    await openai.embeddings.create({ model: 'voyage-3', input: 'Hello', encoding_format: 'float' })
    expect(await spentUsd()).toBe(rateCard.cost('voyage-3', { inputTokens: 1000, outputTokens: 0 }))
  })
})

describe('the usage of a response', () => {
  it('counts as output what the total has above the input', async () => {
    const usage = { input_tokens: 37, output_tokens: 12, total_tokens: 450 }
    const { openai, spentUsd } = await paying(() => ({ id: 'resp_1', status: 'completed', output: [], usage }))
    await openai.responses.create({ model: 'gpt-4o', input: 'Hello' })
    expect(await spentUsd()).toBe(rateCard.cost('gpt-4o', { inputTokens: 37, outputTokens: 413 }))
  })
})

type Counts = Record<string, number | null | undefined>

const messageEvents = (start: Counts, delta?: Counts) => [
  {
    type: 'message_start',
    message: { id: 'msg_1', type: 'message', role: 'assistant', model: 'claude-sonnet-4-5', content: [], usage: start },
  },
  { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
  { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
  ...(delta
    ? [
        { type: 'content_block_stop', index: 0 },
        { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: delta },
        { type: 'message_stop' },
      ]
    : []),
]
const claude = { model: 'claude-sonnet-4-5', max_tokens: 1000, messages }

describe("the usage of Anthropic's Messages", () => {
  it('keeps what the start said where the end says null, as its SDK allows it to', async () => {
    const start = { input_tokens: 10, cache_read_input_tokens: 90_000, cache_creation_input_tokens: 20_000 }
    const delta = { input_tokens: null, cache_read_input_tokens: null, cache_creation_input_tokens: null }
    const { anthropic, spentUsd } = await paying(() =>
      messageEvents({ ...start, output_tokens: 1 }, { ...delta, output_tokens: 50 }),
    )
    await anthropic.messages.stream(claude).finalMessage()
    expect(await spentUsd()).toBe(0.10278)
  })

  it('loses no count of its start or its end to a null, a zero or a gap in the other', async () => {
    const NAMES = ['input_tokens', 'cache_read_input_tokens', 'cache_creation_input_tokens', 'output_tokens'] as const
    const count = fc.oneof(fc.integer({ min: 1, max: 30_000 }), fc.constantFrom(0, null, undefined))
    const counts = fc.record(Object.fromEntries(NAMES.map((name) => [name, count])))
    const pairs = fc.sample(fc.tuple(counts, counts), sized({ test: 60, soak: 2_000 })).map(([start, delta]) => [
      { ...start, input_tokens: start['input_tokens'] || 7 },
      { ...delta, output_tokens: delta['output_tokens'] || 9 },
    ]) as [Counts, Counts][]
    const { anthropic, spentUsd } = await paying((index) => messageEvents(...pairs[index]!))
    let expectedUsd = 0
    for (const [start, delta] of pairs) {
      for await (const _ of await anthropic.messages.create({ ...claude, stream: true }));
      const [fresh, read, written, output] = NAMES.map((name) => delta[name] || start[name] || 0) as number[]
      expectedUsd += rateCard.cost(claude.model, {
        inputTokens: fresh! + read! + written!,
        cachedInputTokens: read!,
        cacheWriteTokens: written!,
        outputTokens: output!,
      })
    }
    expect(await spentUsd()).toBeCloseTo(expectedUsd, 9)
  })

  const iterations = [
    { type: 'compaction', input_tokens: 180_000, output_tokens: 3500 },
    { type: 'message', input_tokens: 2000, output_tokens: 100 },
    { type: 'advisor_message', model: 'claude-opus-4-6', input_tokens: 1000, output_tokens: 200 },
  ]
  const withIterations =
    rateCard.cost(claude.model, { inputTokens: 2000, outputTokens: 100 }) +
    rateCard.cost(claude.model, { inputTokens: 180_000, outputTokens: 3500 }) +
    rateCard.cost('claude-opus-4-6', { inputTokens: 1000, outputTokens: 200 })

  it('adds compaction and advice, which are billed and not in its own counts', async () => {
    const usage = { input_tokens: 2000, output_tokens: 100, iterations }
    const { anthropic, spentUsd } = await paying(() => ({ type: 'message', content: [], usage }))
    await anthropic.messages.create(claude)
    expect(await spentUsd()).toBeCloseTo(withIterations, 9)
  })

  it('adds them at the end of a stream', async () => {
    const { anthropic, spentUsd } = await paying(() =>
      messageEvents({ input_tokens: 2000, output_tokens: 1 }, { output_tokens: 100, iterations: iterations as never }),
    )
    for await (const _ of await anthropic.messages.create({ ...claude, stream: true }));
    expect(await spentUsd()).toBeCloseTo(withIterations, 9)
  })

  it('of a stream that is left is what its start says of the input, and what was delivered', async () => {
    const start = { input_tokens: 10, cache_read_input_tokens: 80_000, output_tokens: 1 }
    const { anthropic, spentUsd } = await paying(() => [...messageEvents(start), HANGS])
    const content = 'word '.repeat(80_000)
    const stream = await anthropic.messages.create({ ...claude, messages: [{ role: 'user', content }], stream: true })
    for await (const event of stream) if (event.type === 'content_block_delta') break
    const usage = { inputTokens: 80_010, cachedInputTokens: 80_000, outputTokens: 1 }
    expect(await spentUsd()).toBe(rateCard.cost(claude.model, usage))
  })
})

describe('a provider that answers 200 and an error', () => {
  const error = { type: 'server_error', code: 'upstream', message: 'Upstream error' }
  const failed = { id: 'resp_1', status: 'failed', model: 'gpt-5', output: [], usage: null, error }
  const overloaded = { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } }

  it.each<[string, string, Answer]>([
    ['a chat completion', '/v1/chat/completions', { error }],
    ['a chat completion with empty choices', '/v1/chat/completions', { choices: [], error }],
    ['a chat completion with a text for an error', '/v1/chat/completions', { error: 'overloaded' }],
    ['a response', '/v1/responses', { error }],
    ['a failed response', '/v1/responses', failed],
    ['a chat completion, as vLLM says it', '/v1/chat/completions', { object: 'error', message: 'Too long', code: 400 }],
    ['a chat completion, as Cloudflare says it', '/v1/chat/completions', { success: false, errors: [{ code: 10000 }] }],
    ['a chat completion, as Baidu says it', '/v1/chat/completions', { error_code: 17, error_msg: 'Limit reached' }],
    ['a chat completion, as FastAPI says it', '/v1/chat/completions', { detail: 'Internal error' }],
    ['a chat completion, as a gateway says it', '/v1/chat/completions', { message: 'No credits' }],
    ['a choice', '/v1/chat/completions', { choices: [{ finish_reason: 'error', error, message: { content: '' } }] }],
    ['a response, as a gateway says it', '/v1/responses', { message: 'No credits' }],
    ['embeddings, as FastAPI says it', '/v1/embeddings', { detail: [{ msg: 'Field required' }] }],
    ['a message, as a gateway says it', '/v1/messages', { message: 'No credits' }],
    ['embeddings', '/v1/embeddings', { error }],
    ['a message', '/v1/messages', overloaded],
    ['a chat stream', '/v1/chat/completions', [{ error }]],
    ['a chat stream with empty choices', '/v1/chat/completions', [{ choices: [], error }, '[DONE]']],
    ['a stream of a response', '/v1/responses', [{ type: 'error', code: 'overloaded', message: 'Overloaded' }]],
    ['a failed stream of a response', '/v1/responses', [{ type: 'response.failed', response: failed }]],
    ['a stream of a message', '/v1/messages', [overloaded]],
  ])('in place of %s is charged nothing', async (_, path, answer) => {
    const { url, ops, asked, spentUsd } = await paying(() => answer)
    const stream = Array.isArray(answer)
    const body = JSON.stringify({ ...claude, model: 'gpt-5', input: 'Hello', stream, thinking: { type: 'adaptive' } })
    await ops
      .fetch(`${url}${path}`, { method: 'POST', body })
      .then((response) => response.text())
      .catch(() => {})
    expect(await spentUsd()).toBe(0)
    expect(asked).toHaveLength(1)
  })

  it('after text is charged what was delivered', async () => {
    const text = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' } }] }
    const { url, ops, spentUsd } = await paying(() => [text, { error }])
    const body = JSON.stringify({ model: 'gpt-4o', messages, stream: true })
    await ops
      .fetch(`${url}/v1/chat/completions`, { method: 'POST', body })
      .then((response) => response.text())
      .catch(() => {})
    expect(await spentUsd()).toBe(rateCard.cost('gpt-4o', { inputTokens: body.length, outputTokens: 1 }))
  })

  it.each([
    { choices: [] },
    { error: null, choices: [] },
    { choices: [{ finish_reason: 'error', error, message: { content: 'Half an answer' } }] },
    { choices: [{ finish_reason: 'stop', message: { content: 'Hello' } }], message: 'A note' },
  ])('is separated from one that answers without its usage: %j', async (answer) => {
    const { openai, spentUsd } = await paying(() => answer)
    await openai.chat.completions.create({ model: 'gpt-4o', messages })
    // Its input by the bytes of the request, and its output by those of the answer.
    expect(await spentUsd()).toBeGreaterThan(0.00017)
  })
})
