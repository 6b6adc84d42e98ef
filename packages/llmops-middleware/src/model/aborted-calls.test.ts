import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { ANSWER_MS, withSilence } from '../../test/support/with-silence.ts'
import type { BudgetOptions } from '../budget/index.ts'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'
import { createRateCard } from '../pricing/index.ts'
import { createSli } from '../sli/index.ts'

const rateCard = createRateCard()
const gpt4o = (inputTokens: number, outputTokens: number) => rateCard.cost('gpt-4o', { inputTokens, outputTokens })

type Answer = (response: ServerResponse) => void

/** The SDKs over one budget, and what each of its figures says when everything has ended. */
async function paying(
  answer: (index: number) => Answer,
  budget: Partial<BudgetOptions> = {},
  more: LlmOpsOptions = {},
) {
  let index = 0
  const provider = await startProvider((response) => answer(index++)(response))
  const telemetry = new RecordedTelemetry()
  const ops = createLlmOps({
    ...more,
    budget: { limitUsd: 1000, ...budget },
    sli: createSli({ meter: telemetry.meter }),
  })
  const sum = async (name: string) =>
    (await telemetry.points(name)).reduce((total, { value }) => total + (value as number), 0)
  const totals = { costUsd: 0, unknownUsd: 0 }
  return {
    ...provider,
    ops,
    openai: new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    anthropic: new Anthropic({ baseURL: provider.url, apiKey: 'any', maxRetries: 0, fetch: ops.fetch }),
    /** Runs as a task, and says what the ledger counted for it. */
    async run(work: () => Promise<unknown>, tenant = 'contoso') {
      const before = await ops.budget.read(tenant)
      const ended = await ops.task({ tenant }, async (task) => {
        await work().catch(() => {})
        return task
      })
      await ops.budget.drain()
      totals.costUsd += ended.totals.costUsd
      totals.unknownUsd += ended.totals.unknownUsd
      const { spentUsd, unknownUsd, heldUsd } = await ops.budget.read(tenant)
      expect(heldUsd).toBe(0)
      return { spentUsd: spentUsd - before.spentUsd, unknownUsd: unknownUsd - before.unknownUsd }
    },
    /** Ledger, task and metrics say the same of every call. */
    async agree(tenant = 'contoso') {
      await ops.close()
      const { spentUsd, unknownUsd } = await ops.budget.read(tenant)
      const told = [totals.costUsd, await sum('agent.cost.usd'), totals.unknownUsd, await sum('agent.cost.unknown.usd')]
      const known = [spentUsd, spentUsd, unknownUsd, unknownUsd]
      for (const [index, figure] of told.entries()) expect(figure).toBeCloseTo(known[index]!, 9)
      return { spentUsd, unknownUsd }
    },
    telemetry,
  }
}

const PROMPT = 'Please tell me about the weather in Berlin, and then of that in Rome. '.repeat(40)
const asked = (content: string) => ({
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content }],
  max_completion_tokens: 4000,
})
const SENTENCE = 'It is sunny in Berlin today, and it rains in Rome until the evening. '
/** Tokens of `SENTENCE`, as this provider counts. */
const SENTENCE_TOKENS = 15
const INPUT_TOKENS = 640

const chatAnswer = (sentences: number) =>
  JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    model: 'gpt-4o-2024-08-06',
    choices: [{ index: 0, message: { role: 'assistant', content: SENTENCE.repeat(sentences) }, finish_reason: 'stop' }],
    usage: { prompt_tokens: INPUT_TOKENS, completion_tokens: SENTENCE_TOKENS * sentences },
  })

const whole =
  (text: string): Answer =>
  (response) =>
    void response.writeHead(200, { 'content-type': 'application/json' }).end(text)

/** An answer that ends in the middle of its text. */
const cut =
  (text: string, headers: Record<string, string | number> = {}): Answer =>
  (response) => {
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).write(text)
    setImmediate(() => response.destroy())
  }

const chunk = (content: string) => ({ model: 'gpt-4o', choices: [{ index: 0, delta: { content } }] })
const streamed = (sentences: number, { isCut = false, usage = {} } = {}): Answer => {
  const text = eventsOf(...Array.from({ length: sentences }, () => chunk(SENTENCE)))
  const stop = { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
  const counted = { prompt_tokens: INPUT_TOKENS, completion_tokens: SENTENCE_TOKENS * sentences, ...usage }
  return (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(text)
    if (isCut) setImmediate(() => response.destroy())
    else response.end(eventsOf(stop, { model: 'gpt-4o', choices: [], usage: counted }, '[DONE]'))
  }
}

const readAll = async (stream: AsyncIterable<unknown>) => {
  for await (const _ of stream);
}

describe('an answer that arrived and cannot be read', () => {
  const BROKEN: readonly (readonly [how: string, broken: (sentences: number) => Answer, isRead: boolean])[] = [
    ['is not JSON', (sentences) => whole(chatAnswer(sentences).slice(0, -1)), false],
    ['was cut', (sentences) => cut(chatAnswer(sentences).slice(0, -100)), false],
    [
      'was cut before the length that it told',
      (sentences) => cut(chatAnswer(sentences).slice(0, -400), { 'content-length': chatAnswer(sentences).length }),
      false,
    ],
    ['has no usage', (sentences) => whole(chatAnswer(sentences).replace('usage', 'usages')), true],
    [
      'has a usage that cannot be',
      (sentences) => whole(chatAnswer(sentences).replace('"prompt_tokens":640', '"prompt_tokens":-640')),
      true,
    ],
  ]

  it.each(BROKEN)('and %s costs about what answered calls of this tenant and model have shown', async (_, broken) => {
    const { openai, run, agree } = await paying((index) => (index === 0 ? whole(chatAnswer(10)) : broken(20)))
    const ask = () => openai.chat.completions.create(asked(PROMPT))
    expect(await run(ask)).toEqual({ spentUsd: gpt4o(INPUT_TOKENS, 150), unknownUsd: 0 })
    const { spentUsd, unknownUsd } = await run(ask)
    const billedUsd = gpt4o(INPUT_TOKENS, 300)
    expect(spentUsd / billedUsd).toBeGreaterThan(0.8)
    expect(spentUsd / billedUsd).toBeLessThan(1.2)
    expect(unknownUsd).toBeCloseTo(spentUsd, 9)
    await agree()
  })

  it.each(BROKEN)('and %s costs no less than them, if more may be missing', async (_, broken, isRead) => {
    const { openai, run } = await paying((index) => (index === 0 ? whole(chatAnswer(20)) : broken(5)))
    await run(() => openai.chat.completions.create(asked(PROMPT)))
    const { spentUsd } = await run(() => openai.chat.completions.create(asked(PROMPT)))
    expect(spentUsd >= gpt4o(INPUT_TOKENS, 300)).toBe(!isRead)
  })

  it('costs the bound of its bytes until there is one, far below its hold', async () => {
    const { openai, run, agree } = await paying(() => whole(chatAnswer(10).slice(0, -1)))
    const { spentUsd } = await run(() => openai.chat.completions.create(asked('Hello')))
    expect(spentUsd).toBeGreaterThan(gpt4o(2, 150))
    expect(spentUsd).toBeLessThan(gpt4o(200, 500))
    await agree()
  })

  it('costs its whole hold where a model reasons unseen and no call has shown how much', async () => {
    const { openai, run, agree } = await paying(() => whole(chatAnswer(10).slice(0, -1)))
    const { spentUsd } = await run(() => openai.chat.completions.create({ ...asked('Hello'), model: 'gpt-5' }))
    expect(spentUsd).toBeGreaterThan(rateCard.cost('gpt-5', { inputTokens: 0, outputTokens: 4000 }))
    await agree()
  })

  it('knows nothing of what calls of other tenants, and of other models, have shown', async () => {
    const { openai, run } = await paying((index) => whole(index === 0 ? chatAnswer(20) : '{'))
    const long = asked(PROMPT)
    await run(() => openai.chat.completions.create(long))
    const known = await run(() => openai.chat.completions.create(long))
    const billedUsd = gpt4o(INPUT_TOKENS, 300)
    const other = await run(() => openai.chat.completions.create(long), 'fabrikam')
    const mini = await run(() => openai.chat.completions.create({ ...long, model: 'gpt-4o-mini' }))
    expect(known.spentUsd / billedUsd).toBeCloseTo(1, 3)
    expect(other.spentUsd).toBeGreaterThan(gpt4o(PROMPT.length, 0))
    expect(mini.spentUsd).toBeGreaterThan(rateCard.cost('gpt-4o-mini', { inputTokens: PROMPT.length, outputTokens: 0 }))
  })

  it('is read from a cache as much as those that were answered', async () => {
    const cached = chatAnswer(1).replace(
      '"prompt_tokens"',
      '"prompt_tokens_details":{"cached_tokens":320},"prompt_tokens"',
    )
    const { openai, run } = await paying((index) => whole(index === 0 ? cached : '{'))
    await run(() => openai.chat.completions.create(asked(PROMPT)))
    const { spentUsd } = await run(() => openai.chat.completions.create(asked(PROMPT)))
    const usage = { inputTokens: INPUT_TOKENS, cachedInputTokens: 320, outputTokens: SENTENCE_TOKENS }
    expect(spentUsd / rateCard.cost('gpt-4o', usage)).toBeCloseTo(1, 1)
  })
})

describe('a stream that was left or cut', () => {
  it('costs about what answered calls of this tenant and model have shown', async () => {
    const { openai, run, agree } = await paying((index) => streamed(20, { isCut: index > 0 }))
    const ask = async () => readAll(await openai.chat.completions.create({ ...asked(PROMPT), stream: true }))
    await run(ask)
    const { spentUsd, unknownUsd } = await run(ask)
    expect(spentUsd / gpt4o(INPUT_TOKENS, 300)).toBeCloseTo(1, 2)
    expect(unknownUsd).toBeCloseTo(spentUsd, 9)
    await agree()
  })

  it('takes its input from what the provider said at its start, which is known', async () => {
    const start = {
      type: 'message_start',
      message: {
        id: 'msg_1',
        type: 'message',
        role: 'assistant',
        model: 'claude-sonnet-4-5',
        content: [],
        usage: { input_tokens: 10, cache_read_input_tokens: 80_000, cache_creation_input_tokens: 0, output_tokens: 1 },
      },
    }
    const delta = { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } }
    const { anthropic, run, agree } = await paying(() => (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' })
      for (const event of [start, delta]) response.write(`event: ${event.type}\n${eventsOf(event)}`)
      setImmediate(() => response.destroy())
    })
    const request = { model: 'claude-sonnet-4-5', max_tokens: 1000, messages: asked(PROMPT).messages, stream: true }
    const charged = await run(async () => readAll(await anthropic.messages.create({ ...request, stream: true })))
    const usage = { inputTokens: 80_010, cachedInputTokens: 80_000, outputTokens: 1 }
    expect(charged.spentUsd).toBeCloseTo(rateCard.cost('claude-sonnet-4-5', usage), 9)
    expect(charged.unknownUsd).toBeCloseTo(0.000015, 9)
    await agree()
  })

  it('costs the whole hold by the rule `charge`, and all says so', async () => {
    const options = { cutStream: 'charge' } as const
    const { openai, run, agree } = await paying((index) => streamed(20, { isCut: index > 0 }), options)
    const ask = async () => readAll(await openai.chat.completions.create({ ...asked(PROMPT), stream: true }))
    await run(ask)
    const { spentUsd, unknownUsd } = await run(ask)
    expect(spentUsd).toBeGreaterThan(gpt4o(PROMPT.length, 4000))
    expect(unknownUsd).toBeCloseTo(spentUsd, 9)
    await agree()
  })
})

describe('a call whose cost is unknown', () => {
  /** A provider that says nothing, and a caller who leaves once it was asked. */
  function silence() {
    const leaving = new AbortController()
    const silent: Answer = () => leaving.abort()
    return { silent, leaving: { signal: leaving.signal } }
  }

  it('costs no more than the most that answered calls of this tenant and model have shown', async () => {
    const { silent, leaving } = silence()
    const answers = [whole(chatAnswer(2)), whole(chatAnswer(30)), whole(chatAnswer(5))]
    const { openai, run, agree } = await paying((index) => answers[index] ?? silent)
    for (const _ of answers) await run(() => openai.chat.completions.create(asked(PROMPT)))
    const { spentUsd, unknownUsd } = await run(() => openai.chat.completions.create(asked(PROMPT), leaving))
    expect(spentUsd / gpt4o(INPUT_TOKENS, 450)).toBeCloseTo(1, 2)
    expect(unknownUsd).toBeCloseTo(spentUsd, 9)
    await agree()
  })

  it('costs its whole hold until there is one', async () => {
    const { silent, leaving } = silence()
    const { openai, run, agree } = await paying(() => silent)
    const { spentUsd } = await run(() => openai.chat.completions.create(asked(PROMPT), leaving))
    expect(spentUsd).toBeGreaterThan(gpt4o(PROMPT.length, 4000))
    await agree()
  })

  it.each([
    ['charge', (usd: number) => usd > gpt4o(PROMPT.length, 4000)],
    ['release', (usd: number) => usd === 0],
  ] as const)('goes by the rule %s, whatever calls have shown, and all says so', async (unknownOutcome, isRight) => {
    const { silent, leaving } = silence()
    const { openai, run, agree } = await paying((index) => (index === 0 ? whole(chatAnswer(2)) : silent), {
      unknownOutcome,
    })
    await run(() => openai.chat.completions.create(asked(PROMPT)))
    const { spentUsd, unknownUsd } = await run(() => openai.chat.completions.create(asked(PROMPT), leaving))
    expect(spentUsd).toSatisfy(isRight)
    expect(unknownUsd).toBeCloseTo(spentUsd, 9)
    await agree()
  })

  it('is counted alike where its task has a budget, and where an attempt of a route was given up', async () => {
    const provider = await startProvider(() => {})
    const answering = await startProvider((response) => whole(chatAnswer(2))(response))
    const targets = [
      { name: 'silent', model: 'gpt-4o', baseUrl: `${provider.url}/v1` },
      { name: 'answers', model: 'gpt-4o', baseUrl: `${answering.url}/v1` },
    ]
    const { ops, openai, telemetry } = await paying(() => () => {}, {}, { route: { targets } })
    const running = () =>
      ops.task({ tenant: 'contoso', budgetUsd: 5 }, async (task) => {
        await openai.chat.completions.create(asked(PROMPT))
        return task
      })
    const isSilent = () => expect.poll(() => provider.requests.length).toBe(1)
    const task = await withSilence(running, isSilent, ANSWER_MS)
    await ops.close()
    const { spentUsd, unknownUsd } = await ops.budget.read('contoso')
    expect(spentUsd).toBeGreaterThan(gpt4o(PROMPT.length, 4000))
    expect(task.totals.costUsd).toBeCloseTo(spentUsd, 9)
    expect(task.totals.unknownUsd).toBeCloseTo(unknownUsd, 9)
    expect(task.budget?.spentUsd).toBeCloseTo(spentUsd, 9)
    expect(spentUsd - unknownUsd).toBeCloseTo(gpt4o(INPUT_TOKENS, 30), 9)
    expect(await telemetry.points('agent.cost.unknown.usd')).toEqual([
      { attributes: { tenant: 'contoso', model: 'gpt-4o' }, value: expect.closeTo(unknownUsd, 9) },
    ])
  })
})

describe('an error under status 200', () => {
  it.each([
    ['MiniMax', { id: '1', choices: null, base_resp: { status_code: 1008, status_msg: 'insufficient balance' } }],
    ['Apigee', { fault: { faultstring: 'Rate limit', detail: { errorcode: 'policies.ratelimit.QuotaViolation' } } }],
    ['AWS', { Output: { __type: 'com.amazon.coral.service#UnknownOperationException' }, Version: '1.0' }],
  ])('of %s costs nothing', async (_, body) => {
    const { openai, run, agree } = await paying(() => whole(JSON.stringify(body)))
    expect(await run(() => openai.chat.completions.create(asked(PROMPT)))).toEqual({ spentUsd: 0, unknownUsd: 0 })
    await agree()
  })

  it('is none where MiniMax says that nothing is wrong', async () => {
    const fine = JSON.parse(chatAnswer(2))
    const { openai, run } = await paying(() =>
      whole(JSON.stringify({ ...fine, base_resp: { status_code: 0, status_msg: '' } })),
    )
    const { spentUsd } = await run(() => openai.chat.completions.create(asked(PROMPT)))
    expect(spentUsd).toBe(gpt4o(INPUT_TOKENS, 30))
  })
})

describe('the guarantee', () => {
  it.each([
    ['estimate', /dearest of the last 200 answered calls/],
    ['charge', /counts its whole hold, and so does a call whose process died, 60,000 ms later/],
    ['release', /counts nothing, and neither does a call whose process died/],
  ] as const)('says what the rule %s counts, and where what is unknown is shown', (unknownOutcome, said) => {
    const { budget } = createLlmOps({ budget: { limitUsd: 1, unknownOutcome } })
    expect(budget.explainGuarantee()).toMatch(said)
    expect(budget.explainGuarantee()).toContain('`unknownUsd` of `budget.read`')
  })

  it('names the rule that is the default', () => {
    const { budget } = createLlmOps({ budget: { limitUsd: 1 } })
    expect(budget.explainGuarantee()).toContain('dearest of the last 200 answered calls')
  })
})
