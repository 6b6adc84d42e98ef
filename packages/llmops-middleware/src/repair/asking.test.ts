import { createOpenAI } from '@ai-sdk/openai'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../test/support/answering-server.ts'
import { createLlmOps } from '../llmops.ts'
import { createToolFactory } from '../tool/index.ts'
import { type AskModel, RepairFailedError, type RepairOptions, type RepairRequest, retryWithRepair } from './index.ts'

const schema = {
  type: 'object',
  required: ['city', 'nights'],
  properties: { city: { type: 'string' }, nights: { type: 'integer' } },
}

/** Repairs arguments that cannot be repaired at no cost. Returns what a function ran on, and how it failed. */
async function repair(args: unknown, options: Omit<RepairOptions, 'schema'>) {
  const ran: unknown[] = []
  const error = await retryWithRepair((args) => ran.push(args), args, { schema, ...options }).catch(
    (error: unknown) => error,
  )
  return { ran, error: error as RepairFailedError }
}

/** A model behind a governed client. Each answer differs, and costs 1,000 tokens of each kind. */
async function governedModel(options: Parameters<typeof createLlmOps>[0] = {}) {
  const server = await answeringServer((_, index) => ({
    id: 'a',
    object: 'chat.completion',
    model: 'gpt-4o-mini',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: `no arguments ${index}` } }],
    usage: { prompt_tokens: 1000, completion_tokens: 1000, total_tokens: 2000 },
  }))
  const ops = createLlmOps({ budget: { limitUsd: 10 }, ...options })
  const openai = new OpenAI({ baseURL: `${server.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  const askModel: AskModel = async ({ messages, signal }) => {
    const body = { model: 'gpt-4o-mini', messages: [...messages], max_completion_tokens: 1000 }
    const answer = await openai.chat.completions.create(body, signal ? { signal } : {})
    return answer.choices[0]!.message.content!
  }
  return { ops, askModel, asked: server.asked, url: `${server.url}/v1` }
}

describe('asking a model to repair', () => {
  it.each([
    ['its cost', { maxCostUsd: 0.001 }, /cost \$0\.001, which is maxCostUsd/],
    ['its tokens', { maxTokens: 3000 }, /used 3000 tokens, which is maxTokens/],
  ])('ends with %s, in a task and outside of any', async (_, cap, message) => {
    const { ops, askModel, asked } = await governedModel({ defaultTenant: 'contoso' })
    const options = { askModel, maxAttempts: 10, ...cap }
    const inTask = await ops.task({ tenant: 'contoso' }, () => repair({}, options))
    expect(inTask.error.message).toMatch(message)
    expect(asked).toHaveLength(2)
    const outside = await repair({}, options)
    expect(outside.error.message).toMatch(message)
    expect(asked).toHaveLength(4)
  })

  it('counts its own tokens, and not those of other calls in the task', async () => {
    const { ops, askModel, asked } = await governedModel()
    const parallel = await ops.task({ tenant: 'contoso' }, () =>
      Promise.all(Array.from({ length: 4 }, () => repair({}, { askModel, maxAttempts: 10, maxTokens: 3000 }))),
    )
    expect(parallel.map(({ error }) => error.attempts)).toEqual([2, 2, 2, 2])
    expect(asked).toHaveLength(8)
  })

  it('sends no more than maxCharacters, over all attempts', async () => {
    const sent: number[] = []
    const askModel = async ({ messages }: RepairRequest) => {
      sent.push(messages[0].content.length + messages[1].content.length)
      return `nothing of use ${sent.length}`
    }
    const { error } = await repair({}, { askModel, maxAttempts: 10, maxCharacters: 2000 })
    expect(error.message).toMatch(/maxCharacters is 2000/)
    expect(sent.length).toBeGreaterThan(1)
    expect(sent.reduce((sum, length) => sum + length)).toBeLessThanOrEqual(2000)
  })

  it('does not send arguments of ten megabytes', async () => {
    let asked = 0
    const askModel = async () => String(asked++)
    for (const args of [
      'x'.repeat(10_000_000),
      `{"city":"${'x'.repeat(10_000_000)}`,
      { city: 'x'.repeat(10_000_000) },
    ]) {
      const { ran, error } = await repair(args, { askModel })
      expect(error).toBeInstanceOf(RepairFailedError)
      expect(error.message.length).toBeLessThan(1000)
      expect(ran).toEqual([])
    }
    expect(asked).toBe(0)
  })

  it('ends when the model repeats an answer, or the arguments that it was asked to repair', async () => {
    let asked = 0
    const again = async () => {
      asked++
      return '{"city":1}'
    }
    expect((await repair('nights', { askModel: again, maxAttempts: 10 })).error.message).toMatch(/repeated an answer/)
    expect(asked).toBe(2)
    expect((await repair('nights', { askModel: async () => 'nights', maxAttempts: 10 })).error.attempts).toBe(1)
  })
})

describe('a model that does not answer', () => {
  const never = new Promise<string>(() => {})

  it('ends the repair at its timeout, and gets an aborted signal', async () => {
    let signal: AbortSignal | undefined
    const askModel: AskModel = (request) => {
      signal = request.signal
      return never
    }
    const { ran, error } = await repair({ city: 'Oslo' }, { askModel, timeoutMs: 5 })
    expect(error).toBeInstanceOf(RepairFailedError)
    expect(error.message).toMatch(/within 5 ms.*\/nights is missing/)
    expect(signal?.aborted).toBe(true)
    expect(ran).toEqual([])
  })

  it('ends the repair when the caller aborts, and runs nothing however late it answers', async () => {
    const leave = new AbortController()
    const answer = Promise.withResolvers<string>()
    const askModel: AskModel = () => {
      leave.abort(new Error('gone'))
      return answer.promise
    }
    const { ran, error } = await repair({ city: 'Oslo' }, { askModel, signal: leave.signal })
    expect(error.message).toBe('gone')
    answer.resolve('{"city":"Oslo","nights":3}')
    await answer.promise
    await new Promise(setImmediate)
    expect(ran).toEqual([])
  })

  it.each<readonly [string, unknown, RegExp]>([
    [
      'throws',
      () => Promise.reject(new TypeError('no connection')),
      /could not be asked: no connection.*\/nights is missing/,
    ],
    [
      'throws at once',
      () => {
        throw new TypeError('no connection')
      },
      /could not be asked: no connection/,
    ],
    ['throws a text', () => Promise.reject('no connection'), /could not be asked: no connection/],
    ['answers no text', async () => ({ nights: 3 }), /answered object, not a text/],
    ['answers nothing', async () => undefined, /answered undefined, not a text/],
    ['answers prose', async () => 'Three nights it is.', /nights/],
  ])('but %s ends in one error with the path, and nothing runs', async (_, askModel, message) => {
    const { ran, error } = await repair({ city: 'Oslo' }, { askModel: askModel as AskModel })
    expect(error).toBeInstanceOf(RepairFailedError)
    expect(error.message).toMatch(message)
    expect(error.issues.map(({ path }) => path)).toEqual(['/nights'])
    expect(ran).toEqual([])
  })

  it('may be asked through the AI SDK, which needs an option to accept a system message', async () => {
    const { ops, url } = await governedModel({ defaultTenant: 'contoso' })
    const provider = createOpenAI({ apiKey: 'any', fetch: ops.fetch, baseURL: url })
    const ask =
      (allowSystemInMessages: boolean): AskModel =>
      async ({ messages }) => {
        const model = provider.chat('gpt-4o-mini')
        return (await generateText({ model, messages: [...messages], allowSystemInMessages })).text
      }
    expect((await repair({}, { askModel: ask(true) })).error.message).toMatch(/after 2 repairs by the model/)
    expect((await repair({}, { askModel: ask(false) })).error.message).toMatch(/System messages are not allowed/)
  })

  it('has what it threw as the cause, such as a refusal of the budget', async () => {
    const { ops, askModel, asked } = await governedModel({ budget: { limitUsd: 0.000001 } })
    const { error } = await ops.task({ tenant: 'contoso' }, () => repair({}, { askModel }))
    expect(error.cause).toMatchObject({ status: 402, code: 'budget_exceeded' })
    expect(asked).toHaveLength(0)
  })
})

describe('a tool with the strictness none', () => {
  it('runs on arguments that are valid as they are, or that the model repaired', async () => {
    const book = createToolFactory()({
      name: 'book',
      description: 'Books',
      parameters: schema,
      repair: { strictness: 'none' },
      run: (args: unknown) => args,
    })
    const valid = '{"city":"Oslo","nights":3}'
    expect(await book.call(valid)).toEqual(JSON.parse(valid))
    for (const args of [
      `${valid} `.replaceAll('"', "'"),
      '{"city":"Oslo","nights":"3"}',
      `[${valid}]`,
      { city: 'Oslo', nights: '3' },
    ]) {
      await expect(book.call(args)).rejects.toThrow(RepairFailedError)
      expect(await book.call(args, { askModel: async () => valid })).toEqual(JSON.parse(valid))
    }
  })
})
