import { FAULT_KINDS, type FaultKind, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { TRANSPORTS } from '../../test/support/transports.ts'
import { ANSWER_MS, withSilence } from '../../test/support/with-silence.ts'
import { createLlmOps } from '../index.ts'

const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
const request = { model: 'gpt-4o', messages, max_completion_tokens: 200 }
const SILENT: readonly FaultKind[] = ['hang', 'slow_first_token', 'stall']
/** What nobody could do better at: told, and not survived. */
const REFUSALS: readonly FaultKind[] = ['content_filter', 'content_filter_stream']

/** A route whose first target has a fault and whose second is well; nothing is passed on before it is whole. */
async function routed(first: string, transport: () => typeof fetch, isRequired = false) {
  const backup = await startModelEndpoint()
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 10 },
    fetch: transport(),
    finish: isRequired ? 'require' : 'auto',
    maxAnswerBytes: 300_000,
    route: {
      backoffMs: 1,
      stream: { recovery: 'buffer' },
      targets: [
        { name: 'first', model: 'gpt-4o', baseUrl: first, contextTokens: 8_000 },
        { name: 'backup', model: 'gpt-4o', baseUrl: `${backup.url}/v1`, contextTokens: 128_000 },
      ],
    },
  })
  onTestFinished(async () => {
    await ops.close()
    await backup.close()
  })
  const openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
  const stream = async () => {
    let text = ''
    let finish: string | null | undefined
    for await (const { choices } of await openai.chat.completions.create({ ...request, stream: true })) {
      text += choices[0]?.delta.content ?? ''
      finish = choices[0]?.finish_reason ?? finish
    }
    return { text, finish }
  }
  const whole = async () => {
    const { choices } = await openai.chat.completions.create(request)
    return { text: choices[0]!.message.content, finish: choices[0]!.finish_reason }
  }
  const held = async () => {
    await ops.budget.drain()
    return (await ops.budget.read('contoso')).heldUsd
  }
  return { stream, whole, held }
}

const ANSWERED = { text: expect.stringMatching(/nothing to worry about/), finish: 'stop' }

describe.each(TRANSPORTS)('over %s, where a caller waits for the whole', (_, transport) => {
  it.each(FAULT_KINDS.flatMap((kind) => [[kind, 'stream'] as const, [kind, 'whole'] as const]))(
    'the fault %s is survived, or told as what nobody could do better: %s',
    async (kind, way) => {
      const primary = await startModelEndpoint()
      onTestFinished(() => primary.close())
      primary.fault({ kind, times: Number.POSITIVE_INFINITY, afterEvents: 5, delayMs: 600_000, retryAfterMs: 30_000 })
      const calls = await routed(`${primary.url}/v1`, transport)
      if (REFUSALS.includes(kind)) {
        const seen = await calls[way]().catch((error: unknown) => error)
        if (!(seen instanceof OpenAI.APIError)) expect(seen).toMatchObject({ finish: 'content_filter' })
      } else if (SILENT.includes(kind)) {
        const asked = () => expect.poll(() => primary.attempts.length).toBe(1)
        const answer = await withSilence<unknown>(calls[way], asked, way === 'whole' ? ANSWER_MS : undefined)
        expect(answer).toMatchObject(ANSWERED)
      } else expect(await calls[way]()).toMatchObject(ANSWERED)
      await expect.poll(calls.held).toBe(0)
    },
  )

  const chunk = (content: string, finish: string | null = null) => ({
    model: 'gpt-4o',
    choices: [{ index: 0, delta: { content }, finish_reason: finish }],
  })
  const error = { message: 'Upstream is down', type: 'server_error', code: 'upstream' }
  const quota = { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' }
  const HALF = eventsOf(chunk('Half '))
  const EVENTS = 'text/event-stream'
  const NEIGHBOURS: [string, 'stream' | 'whole', string, string][] = [
    ['an error behind text', 'stream', EVENTS, HALF + eventsOf({ error })],
    ['an error behind text, then [DONE]', 'stream', EVENTS, HALF + eventsOf({ error }, '[DONE]')],
    ['no money left, behind text', 'stream', EVENTS, HALF + eventsOf({ error: quota })],
    ['a finish reason that is an error', 'stream', EVENTS, HALF + eventsOf(chunk('', 'error'), '[DONE]')],
    ['[DONE] alone, where more is required', 'stream', EVENTS, HALF + eventsOf('[DONE]')],
    ['a text in place of a stream', 'stream', 'text/html', '<html>It works!</html>'],
    ['an error in place of an answer', 'whole', 'application/json', JSON.stringify({ error })],
    ['no money left, in place of an answer', 'whole', 'application/json', JSON.stringify({ error: quota })],
    ['a text in place of an answer', 'whole', 'text/html', '<html>It works!</html>'],
    ['nothing in place of an answer', 'whole', 'application/json', ''],
    ['half an answer', 'whole', 'application/json', '{"choices":[{"index":0,"message":{"content":"Half'],
  ]
  it.each(NEIGHBOURS)('%s is survived', async (_, way, type, text) => {
    const { url } = await startProvider((response) => response.writeHead(200, { 'content-type': type }).end(text))
    const calls = await routed(`${url}/v1`, transport, true)
    expect(await calls[way]()).toMatchObject(ANSWERED)
    await expect.poll(calls.held).toBe(0)
  })

  it('a connection that breaks behind a whole answer is no reason to pay for another', async () => {
    const { url, requests } = await startProvider((response) => {
      response.writeHead(200, { 'content-type': EVENTS }).write(eventsOf(chunk('All'), chunk('', 'stop'), '[DONE]'))
      setTimeout(() => response.destroy(), 20)
    })
    const { stream, held } = await routed(`${url}/v1`, transport)
    expect(await stream()).toEqual({ text: 'All', finish: 'stop' })
    expect(requests).toHaveLength(1)
    await expect.poll(held).toBe(0)
  })
})
