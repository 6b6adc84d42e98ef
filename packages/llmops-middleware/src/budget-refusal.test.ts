import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, OpenAIProvider, Runner } from '@openai/agents'
import { generateText, RetryError, streamText } from 'ai'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { describe, expect, it, vi } from 'vitest'
import { budgetRefusalOf, createLlmOps, isBudgetExceeded, type LlmOps } from './index.ts'
import { type AskModel, RepairFailedError } from './repair/index.ts'
import { NoToolAvailable, ToolUnavailable, toolFallbackChain } from './tool/fallback.ts'
import { governed } from './web/index.ts'

const content = 'Hello, how are you today?'
const messages = [{ role: 'user' as const, content }]
const key = { apiKey: 'any' }

/** A refusal, as the caller of each SDK gets it. */
const SDKS: Readonly<Record<string, (fetch: typeof globalThis.fetch) => Promise<unknown>>> = {
  'openai, chat completions': (fetch) =>
    new OpenAI({ ...key, fetch }).chat.completions.create({ model: 'gpt-4o', messages }),
  'openai, a stream': (fetch) =>
    new OpenAI({ ...key, fetch }).chat.completions.create({ model: 'gpt-4o', messages, stream: true }),
  'openai, Responses': (fetch) => new OpenAI({ ...key, fetch }).responses.create({ model: 'gpt-4o', input: content }),
  'openai, its stream helper': (fetch) =>
    new OpenAI({ ...key, fetch }).chat.completions.stream({ model: 'gpt-4o', messages }).finalContent(),
  Anthropic: (fetch) =>
    new Anthropic({ ...key, fetch }).messages.create({ model: 'claude-haiku-4-5', max_tokens: 9, messages }),
  'Anthropic, its stream helper': (fetch) =>
    new Anthropic({ ...key, fetch }).messages
      .stream({ model: 'claude-haiku-4-5', max_tokens: 9, messages })
      .finalMessage(),
  'the AI SDK, chat completions': (fetch) =>
    generateText({ model: createOpenAI({ ...key, fetch }).chat('gpt-4o'), prompt: content }),
  'the AI SDK, Responses': (fetch) =>
    generateText({ model: createOpenAI({ ...key, fetch })('gpt-4o'), prompt: content }),
  'the AI SDK, the onError of a stream': (fetch) =>
    new Promise((_, reject) => {
      const model = createOpenAI({ ...key, fetch }).chat('gpt-4o')
      void streamText({ model, prompt: content, onError: ({ error }) => reject(error) }).consumeStream()
    }),
  LangChain: (fetch) => new ChatOpenAI({ model: 'gpt-4o', ...key, configuration: { fetch } }).invoke(content),
  'OpenAI Agents': (fetch) => {
    const openAIClient = new OpenAI({ ...key, fetch }) as never
    const runner = new Runner({ modelProvider: new OpenAIProvider({ openAIClient }), tracingDisabled: true })
    return runner.run(new Agent({ name: 'agent', instructions: 'Be kind.', model: 'gpt-4o' }), content)
  },
}

/** What each SDK throws, by the table of the README. */
const ofOpenAi = { status: 402, code: 'budget_exceeded', error: { scope: 'tenant:contoso' } }
const ofTheAiSdk = { name: 'AI_APICallError', statusCode: 402, responseBody: expect.stringContaining('needed_usd') }
const THROWN: Readonly<Record<string, object>> = {
  'openai, chat completions': ofOpenAi,
  'openai, a stream': ofOpenAi,
  'openai, Responses': ofOpenAi,
  'openai, its stream helper': ofOpenAi,
  Anthropic: { status: 402, error: { error: { code: 'budget_exceeded' } } },
  'Anthropic, its stream helper': { status: 402, error: { error: { code: 'budget_exceeded' } } },
  'the AI SDK, chat completions': ofTheAiSdk,
  'the AI SDK, Responses': ofTheAiSdk,
  'the AI SDK, the onError of a stream': ofTheAiSdk,
  LangChain: ofOpenAi,
  'OpenAI Agents': ofOpenAi,
}

const broke = (): LlmOps => createLlmOps({ budget: { limitUsd: 0.00001 }, defaultTenant: 'contoso' })
const rejected = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable('it was not refused'),
    (error: unknown) => error,
  )
const refusedOpenAi = () => rejected(SDKS['openai, chat completions']!(broke().fetch))

describe('the refusal of a budget', () => {
  it.each(Object.entries(SDKS))(
    'is a 402 of the caller in a handler that lets the error of %s pass',
    async (_, ask) => {
      const ops = broke()
      const ended = new Promise((resolve) =>
        ops.events.subscribe((event) => event.type === 'task_ended' && resolve(event)),
      )
      const log = vi.fn()
      const serve = governed({ ops, tenant: () => 'contoso', log }, async () => Response.json(await ask(ops.fetch)))
      const response = await serve(new Request('http://localhost/'))
      expect([response.status, await response.json()]).toMatchObject([
        402,
        {
          code: 'budget_exceeded',
          scope: 'tenant:contoso',
          reason: 'does_not_fit',
          detail: expect.stringMatching(/^This call/),
        },
      ])
      expect(await ended).toMatchObject({ reason: 'budget_exceeded', class: 'caller' })
      expect(log).not.toHaveBeenCalled()
    },
  )

  it.each(Object.entries(SDKS))('is read from the error of %s', async (_, ask) => {
    const error = await rejected(ask(broke().fetch))
    expect(isBudgetExceeded(error)).toBe(true)
    const refusal = budgetRefusalOf(error)
    expect(refusal).toEqual({
      code: 'budget_exceeded',
      scope: 'tenant:contoso',
      reason: 'does_not_fit',
      neededUsd: expect.any(Number),
      leftUsd: 0.00001,
      limitUsd: 0.00001,
      resetsAt: expect.any(Date),
    })
    expect(refusal!.neededUsd).toBeGreaterThan(0.00001)
    expect(refusal!.resetsAt!.getTime()).toBeGreaterThan(Date.now())
  })

  it.each(Object.entries(THROWN))('is thrown by %s as the README says', async (sdk, shape) => {
    expect(await rejected(SDKS[sdk]!(broke().fetch))).toMatchObject(shape)
  })

  it('is a response of a plain fetch', async () => {
    const body = JSON.stringify({ model: 'gpt-4o', messages })
    const response = await broke().fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', body })
    expect(response.status).toBe(402)
  })

  it.each(Object.entries(SDKS))('of a task is read from the error of %s, without a reset', async (_, ask) => {
    const ops = createLlmOps({ defaultTenant: 'contoso' })
    const error = await rejected(ops.task({ id: 'one', budgetUsd: 0 }, () => ask(ops.fetch)))
    const facts = { code: 'run_budget_exceeded', scope: 'task:one', reason: 'zero', limitUsd: 0, resetsAt: undefined }
    expect(budgetRefusalOf(error)).toMatchObject(facts)
  })

  it.each(Object.entries(SDKS))('is not read from another failure of %s', async (_, ask) => {
    const error = { message: 'budget_exceeded, said somebody', type: 'budget', code: 'insufficient_quota' }
    const answer = Response.json({ type: 'error', error }, { status: 402, headers: { 'x-should-retry': 'false' } })
    expect(isBudgetExceeded(await rejected(ask(async () => answer.clone())))).toBe(false)
  })

  it("is read from inside the AI SDK's RetryError, and from the cause of an error of one's own", async () => {
    const inner = await rejected(SDKS['the AI SDK, Responses']!(broke().fetch))
    const message = 'Failed after 2 attempts.'
    const retried = new RetryError({ message, reason: 'maxRetriesExceeded', errors: [new Error('first'), inner] })
    expect(budgetRefusalOf(retried)).toMatchObject({ scope: 'tenant:contoso' })
    const wrapped = new Error('outer', { cause: new Error('inner', { cause: await refusedOpenAi() }) })
    expect(budgetRefusalOf(wrapped)).toMatchObject({ scope: 'tenant:contoso' })
  })

  it('is read from inside the errors of tools: a repair whose model was refused, each cause of a chain, and lists', async () => {
    const ops = broke()
    const openai = new OpenAI({ ...key, fetch: ops.fetch })
    const parameters = { type: 'object', required: ['city'], properties: { city: { type: 'string' } } }
    const askModel: AskModel = async ({ messages }) => {
      const answer = await openai.chat.completions.create({ model: 'gpt-4o', messages: [...messages] })
      return answer.choices[0]!.message.content!
    }
    const find = ops.tool({ name: 'find', description: 'Finds', parameters, repair: { askModel }, run: () => {} })
    const failed = await rejected(find.call('{}'))
    expect(failed).toBeInstanceOf(RepairFailedError)

    const down = () => Promise.reject(new ToolUnavailable('search'))
    const poor = () => Promise.reject(new ToolUnavailable('search', { cause: failed }))
    const chained = await rejected(toolFallbackChain([poor, down, down], {}))
    expect(chained).toBeInstanceOf(NoToolAvailable)
    for (const error of [failed, chained, new AggregateError([new Error('first'), failed])]) {
      expect(budgetRefusalOf(error)).toMatchObject({ code: 'budget_exceeded', scope: 'tenant:contoso' })
      expect(isBudgetExceeded(error)).toBe(true)
    }
    expect(isBudgetExceeded(await rejected(toolFallbackChain([down, down], {})))).toBe(false)
    expect(isBudgetExceeded(await rejected(find.call('{}', { askModel: down })))).toBe(false)
  })

  it('is looked for in whatever was thrown, circles and very many errors included', () => {
    const circle: { cause?: unknown; errors?: unknown } = new Error('circle')
    circle.cause = circle
    const many = Array.from({ length: 100 }, () => Object.assign(new Error('one of many'), { cause: circle }))
    circle.errors = many
    for (const error of many) Object.assign(error, { errors: many })
    expect(budgetRefusalOf(circle)).toBeUndefined()
    fc.assert(fc.property(fc.anything(), (thrown) => !isBudgetExceeded(thrown)))
  })
})
