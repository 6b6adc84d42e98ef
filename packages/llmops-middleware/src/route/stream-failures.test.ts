import type { ServerResponse } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { eventsOf, startProvider } from '../../test/support/provider.ts'
import { createLlmOps } from '../index.ts'
import type { RouteOptions } from './index.ts'

const messages = [{ role: 'user' as const, content: 'Hi' }]
const chunk = (delta: object, finish_reason: string | null = null) => ({
  model: 'gpt-4o',
  choices: [{ index: 0, delta, finish_reason }],
})
const named = (...events: object[]) =>
  events.map((event) => `event: ${(event as { type: string }).type}\n${eventsOf(event)}`).join('')

const ROLE = eventsOf(chunk({ role: 'assistant', content: '' }))
const TEXT = eventsOf(chunk({ content: 'Hel' }))
const END = eventsOf(chunk({}, 'stop'), { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } }, '[DONE]')
const ANSWER = ROLE + TEXT + eventsOf(chunk({ content: 'lo' })) + END
const ERROR = { message: 'Upstream is down', type: 'server_error', code: 'upstream' }
const FAILURE = eventsOf({ choices: [], error: ERROR })
const MALFORMED = 'data: {"choices":[{"index":0,"delta":{"con\n\n'

type Writes = (response: ServerResponse) => void
/** Each of these leaves as a piece of its own. */
const streaming =
  (...pieces: string[]): Writes =>
  async (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    for (const piece of pieces) {
      await new Promise((resolve) => response.write(piece, resolve))
      await new Promise(setImmediate)
    }
    response.end()
  }

/** A route from a target that answers as the test says to one that is well. */
async function routed(first: Writes, options: Partial<RouteOptions> = {}, second: Writes = streaming(ANSWER)) {
  const [a, b] = [
    await startProvider((response) => first(response)),
    await startProvider((response) => second(response)),
  ]
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 10 },
    route: {
      backoffMs: 1,
      retriesPerTarget: 0,
      targets: [
        { name: 'a', model: 'gpt-4o', baseUrl: `${a.url}/v1` },
        { name: 'b', model: 'gpt-4o', baseUrl: `${b.url}/v1` },
      ],
      ...options,
    },
  })
  onTestFinished(() => ops.close())
  const openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  const asked = () => [a.requests.length, b.requests.length]
  return { ops, openai, asked }
}

async function textOf(openai: OpenAI): Promise<string> {
  let text = ''
  for await (const { choices } of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
    text += choices?.[0]?.delta?.content ?? ''
  }
  return text
}

const BUFFER: Partial<RouteOptions> = { stream: { recovery: 'buffer' } }

describe('a target that fails inside its stream', () => {
  it.each([
    ['with its first event', [FAILURE]],
    ['with null for choices', [eventsOf({ choices: null, error: ERROR }, '[DONE]')]],
    ['behind a comment', [': PROCESSING\n\n', ': PROCESSING\n\n', FAILURE]],
    ['behind the role of its answer', [ROLE, FAILURE]],
    ['by a finish reason', [ROLE, eventsOf(chunk({}, 'error'), '[DONE]')]],
    ['with an event that cannot be read', [ROLE, MALFORMED, TEXT, END]],
  ])('is moved on from while nothing was delivered: %s', async (_, pieces) => {
    const { ops, openai, asked } = await routed(streaming(...pieces))
    expect(await textOf(openai)).toBe('Hello')
    expect(asked()).toEqual([1, 1])
    await ops.budget.drain()
    expect((await ops.budget.read('contoso')).heldUsd).toBe(0)
  })

  it.each([
    ['Anthropic', '/v1/messages', named({ type: 'message_start', message: {} }, { type: 'error', error: ERROR })],
    [
      'the Responses API',
      '/v1/responses',
      named(
        { type: 'response.created', response: {} },
        { type: 'error', code: 'insufficient_quota', message: 'Quota' },
      ),
    ],
    [
      'the Responses API, as a failed response',
      '/v1/responses',
      named({ type: 'response.created', response: {} }, { type: 'response.failed', response: { error: ERROR } }),
    ],
  ])('is moved on from behind the opening events of %s', async (_, path, failure) => {
    const whole = named({ type: 'response.completed', response: {} }, { type: 'message_stop' })
    const { ops, asked } = await routed(streaming(failure), {}, streaming(whole))
    const body = { model: 'gpt-4o', max_tokens: 9, messages, input: 'Hi', stream: true }
    const response = await ops.fetch(`http://127.0.0.1:9${path}`, { method: 'POST', body: JSON.stringify(body) })
    expect(await response.text()).toBe(whole)
    expect(asked()).toEqual([1, 1])
  })

  it.each([
    ['its own error', [ROLE, TEXT, FAILURE], { name: 'Error', error: { code: 'upstream' } }],
    ['an event that cannot be read', [ROLE, TEXT, MALFORMED, END], { code: 'stream_broken' }],
  ])(
    'after text, with %s, is told once, and survived where the caller waits for the whole',
    async (_, pieces, told) => {
      const { openai, asked } = await routed(streaming(...pieces))
      await expect(textOf(openai)).rejects.toMatchObject(told)
      expect(asked()).toEqual([1, 0])
      const buffered = await routed(streaming(...pieces), BUFFER)
      expect(await textOf(buffered.openai)).toBe('Hello')
      expect(buffered.asked()).toEqual([1, 1])
    },
  )

  it.each([
    ['with its first event', {}, [FAILURE]],
    ['after text', {}, [ROLE, TEXT, FAILURE]],
    ['after text, by a cut', {}, [ROLE, TEXT]],
    ['after text, with an event that cannot be read', {}, [ROLE, TEXT, MALFORMED, END]],
    ['after text, buffered', BUFFER, [ROLE, TEXT, FAILURE]],
  ])('is counted, so that it is not asked forever: %s', async (_, options, pieces) => {
    const { openai, asked } = await routed(streaming(...pieces), options)
    for (let call = 0; call < 15; call++) await textOf(openai).catch(() => {})
    expect(asked()[0]).toBeLessThanOrEqual(6)
    expect(await textOf(openai)).toBe('Hello')
  })

  it.each([
    ['a content filter', { code: 'content_filter', message: 'Filtered' }],
    ['a request that is wrong', { type: 'invalid_request_error', message: 'No such tool' }],
  ])('is neither left nor counted for %s: no other target could do better', async (_, error) => {
    const { openai, asked } = await routed(streaming(eventsOf({ error })))
    for (let call = 0; call < 7; call++) await expect(textOf(openai)).rejects.toMatchObject({ error })
    expect(asked()).toEqual([7, 0])
  })

  it('is reported as by the bare SDK if every target fails', async () => {
    const { openai, asked } = await routed(streaming(FAILURE), {}, streaming(eventsOf({ error: { message: 'And b' } })))
    await expect(textOf(openai)).rejects.toMatchObject({ error: { message: 'And b' } })
    expect(asked()).toEqual([1, 1])
  })

  it('is charged nothing where it failed before it said anything, beside the answer that came', async () => {
    const { ops, openai } = await routed(streaming(FAILURE))
    await textOf(openai)
    await ops.budget.drain()
    expect(await ops.budget.read('contoso')).toMatchObject({ spentUsd: (3 * 2.5 + 2 * 10) / 1e6, heldUsd: 0 })
  })
})

describe('a target that is well', () => {
  it('is not counted against where callers leave its streams', async () => {
    const { openai, asked } = await routed(streaming(ANSWER))
    for (let call = 0; call < 12; call++) {
      for await (const { choices } of await openai.chat.completions.create({
        model: 'gpt-4o',
        messages,
        stream: true,
      })) {
        if (choices[0]?.delta.content) break
      }
    }
    expect(asked()).toEqual([12, 0])
  })

  it('streams on while its later events are still to come', async () => {
    let finish!: () => void
    const { openai } = await routed(async (response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(ROLE + TEXT)
      await new Promise<void>((resolve) => {
        finish = resolve
      })
      response.end(END)
    })
    let text = ''
    for await (const { choices } of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true })) {
      text += choices[0]?.delta.content ?? ''
      if (text === 'Hel') finish()
    }
    expect(text).toBe('Hel')
  })

  it('answers Anthropic as it would without us', async () => {
    const events = [
      { type: 'message_start', message: { model: 'claude-haiku-4-5', usage: { input_tokens: 5, output_tokens: 1 } } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Hi' } },
      { type: 'message_delta', delta: { stop_reason: 'end_turn' }, usage: { output_tokens: 2 } },
      { type: 'message_stop' },
    ]
    const { ops } = await routed(streaming(...events.map((event) => named(event))))
    const anthropic = new Anthropic({ baseURL: 'http://127.0.0.1:9', apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    const seen: unknown[] = []
    const request = { model: 'claude-haiku-4-5', max_tokens: 9, messages, stream: true as const }
    for await (const event of await anthropic.messages.create(request)) seen.push(event)
    expect(seen).toEqual(events)
  })
})
