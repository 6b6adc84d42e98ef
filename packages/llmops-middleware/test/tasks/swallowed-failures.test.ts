import { createOpenAI } from '@ai-sdk/openai'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLlmOps, type LlmOps, type LlmOpsOptions, type Task } from '../../src/index.ts'
import { eventsOf, startProvider } from '../support/provider.ts'
import { SDK_CALLS } from './sdk-calls.ts'

const answer = {
  model: 'gpt-4o-mini',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2 },
}
const text = { model: 'gpt-4o-mini', choices: [{ index: 0, delta: { content: 'Hi' } }] }
type Answer = Parameters<typeof startProvider>[0]
const answers: Answer = (response) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
const fails: Answer = (response) =>
  response.writeHead(500, { 'content-type': 'application/json', 'x-should-retry': 'false' }).end('{"error":{}}')
const isCut: Answer = (response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(text))
  setImmediate(() => response.destroy())
}

async function start(provide: Answer, options: Partial<LlmOpsOptions> = {}) {
  const provider = await startProvider(provide)
  const ops = createLlmOps({ budget: { limitUsd: 1 }, ...options }) as LlmOps
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  const messages = [{ role: 'user' as const, content: 'Hello' }]
  const ask = () => openai.chat.completions.create({ model: 'gpt-4o-mini', messages })
  const stream = async () => {
    for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, stream: true }));
  }
  /** How a task of this function ends, whatever the function does. */
  const outcomeOf = async (run: (task: Task) => unknown) => {
    let task: Task | undefined
    await ops
      .task({ tenant: 'contoso' }, (own) => {
        task = own
        return run(own)
      })
      .catch(() => {})
    return task!.outcome
  }
  const model = createOpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch }).chat('gpt-4o-mini')
  return { ...provider, ops, ask, stream, outcomeOf, model }
}

const swallow = () => null
const refused = { budget: { limitUsd: 0 } }

describe.each(SDK_CALLS)('a refusal of the budget, with $name', ({ ask }) => {
  it('is the reason of its task, whether the error is thrown or swallowed, and no provider is asked', async () => {
    const { ops, url, requests, outcomeOf } = await start(answers, refused)
    const thrown = await outcomeOf(() => ask({ url, fetch: ops.fetch }))
    const swallowed = await outcomeOf(() => ask({ url, fetch: ops.fetch }).catch(swallow))
    const wrapped = await outcomeOf(() =>
      ask({ url, fetch: ops.fetch }).catch(() => {
        throw new Error('The model has failed.')
      }),
    )
    const failure = { status: 'failure', reason: 'budget_exceeded' }
    expect([thrown, swallowed, wrapped]).toEqual([failure, failure, failure])
    expect(requests).toHaveLength(0)
  })
})

describe('what a task met', () => {
  it.each([
    ['a stream that was cut', isCut, 'stream', 'stream_broken'],
    ['an answer of status 500', fails, 'ask', 'http_500'],
    ['a connection that was reset', (response: Parameters<Answer>[0]) => response.destroy(), 'ask', 'provider_error'],
    [
      'an answer that is not JSON',
      (response: Parameters<Answer>[0]) => response.end('<html>'),
      'ask',
      /malformed|broken/,
    ],
  ] as const)('is its reason where an error was swallowed: %s', async (_, provide, way, reason) => {
    const { outcomeOf, ...ways } = await start(provide as Answer)
    const outcome = await outcomeOf(() => ways[way]().catch(swallow))
    const expected = typeof reason === 'string' ? reason : expect.stringMatching(reason)
    expect(outcome).toEqual({ status: 'failure', reason: expected })
  })

  it('is made up for by a call that is answered later, and by nothing that came before', async () => {
    let asked = 0
    const { ask, outcomeOf } = await start((...given) => (asked++ % 2 === 0 ? fails : answers)(...given))
    const fallback = async () => {
      await ask().catch(swallow)
      await ask()
    }
    expect(await outcomeOf(fallback)).toEqual({ status: 'success' })
    asked = 1
    const failedLast = async () => {
      await ask()
      await ask().catch(swallow)
    }
    expect(await outcomeOf(failedLast)).toEqual({ status: 'failure', reason: 'http_500' })
  })

  it('is replaced by what the task says of itself', async () => {
    const { ask, outcomeOf } = await start(fails)
    const handled = async (task: Task) => {
      await ask().catch(swallow)
      task.succeed()
    }
    const said = async (task: Task) => {
      task.fail('no_answer')
      await ask().catch(swallow)
    }
    expect(await outcomeOf(handled)).toEqual({ status: 'success' })
    expect(await outcomeOf(said)).toEqual({ status: 'failure', reason: 'no_answer' })
  })

  it('is replaced by the code of an error of the application, and by a bug', async () => {
    const { ask, outcomeOf } = await start(fails)
    const withCode = () =>
      ask().catch(() => {
        throw Object.assign(new Error('none'), { code: 'no_order' })
      })
    const bug = async () => ((await ask().catch(swallow)) as { choices: unknown[] }).choices[0]
    expect(await outcomeOf(withCode)).toEqual({ status: 'failure', reason: 'no_order' })
    expect(await outcomeOf(bug)).toEqual({ status: 'failure', reason: 'error' })
  })

  it('is of the tasks around the one that met it, too', async () => {
    const { ops, ask, outcomeOf } = await start(answers, refused)
    const outcome = await outcomeOf(() => ops.task({}, () => ask()).catch(swallow))
    expect(outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
  })

  it('is nothing where the function itself left its call', async () => {
    const { ops, url, outcomeOf } = await start(() => {})
    const controller = new AbortController()
    const outcome = await outcomeOf(async () => {
      const asked = SDK_CALLS[0]!.ask({ url, fetch: ops.fetch, signal: controller.signal }).catch(swallow)
      setImmediate(() => controller.abort())
      await asked
    })
    expect(outcome).toEqual({ status: 'success' })
  })

  it('is seen in a stream of the AI SDK that reports it only in its error part', async () => {
    const { model, outcomeOf } = await start(answers, refused)
    const outcome = await outcomeOf(() => streamText({ model, prompt: 'Hello', onError() {} }).consumeStream())
    expect(outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
    expect(await outcomeOf(() => generateText({ model, prompt: 'Hello' }))).toEqual(outcome)
  })
})
