import { createAnthropic } from '@ai-sdk/anthropic'
import { context } from '@opentelemetry/api'
import { streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { useAsyncContext } from '../../test/support/recorded-telemetry.ts'
import { tracedOps } from '../../test/support/traced-ops.ts'
import type { LlmOpsOptions } from '../index.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())
afterEach(() => vi.unstubAllEnvs())

const CONTENT = /messages|instructions|arguments|tool\.call\.result/
const VARIABLE = 'OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT'
const answered = (value: object | string, type = 'application/json') =>
  (async () => {
    const text = typeof value === 'string' ? value : JSON.stringify(value)
    return new Response(text, { headers: { 'content-type': type } })
  }) as typeof fetch
const events = (...all: readonly object[]) =>
  all
    .map((event) => `event: ${(event as { type?: string }).type ?? 'message'}\ndata: ${JSON.stringify(event)}\n\n`)
    .join('')

const CHAT = {
  id: 'c1',
  model: 'gpt-4o',
  usage: { prompt_tokens: 9, completion_tokens: 9, total_tokens: 18 },
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Within 30 days.' } }],
}
const SECRET = 'My card is 4111 1111 1111 1111.'

/** What the spans of one task say of what was said, after one question. */
async function captured(
  options: LlmOpsOptions,
  ask: (ops: ReturnType<typeof tracedOps>['ops']) => Promise<unknown> = askChat(SECRET),
) {
  const { telemetry, ops } = tracedOps({ fetch: answered(CHAT), ...options })
  await ops.task({ tenant: 'contoso' }, () => ask(ops))
  await ops.close()
  const all = telemetry.spans.flatMap(({ attributes }) => Object.entries(attributes))
  return {
    telemetry,
    content: Object.fromEntries(all.filter(([name]) => CONTENT.test(name))) as Record<string, string>,
  }
}

const askChat = (content: string) => (ops: { fetch: typeof fetch }) =>
  new OpenAI({ apiKey: 'any', fetch: ops.fetch }).chat.completions.create({
    model: 'gpt-4o',
    messages: [
      { role: 'system', content: 'Be brief.' },
      { role: 'user', content },
    ],
  })

describe('what is said', () => {
  it.each([[undefined], ['no_content'], ['event_only'], ['false']])(
    'is on no span where nobody asks for it (%s)',
    async (variable) => {
      vi.stubEnv(VARIABLE, variable)
      const { telemetry } = await captured({})
      const everything = telemetry.spans.map(({ attributes, events }) => [attributes, events])
      expect(JSON.stringify(everything)).not.toMatch(/4111|30 days|brief/)
    },
  )

  it.each([['true'], ['SPAN_ONLY'], ['span_and_event']])('is there where the variable is %s', async (variable) => {
    vi.stubEnv(VARIABLE, variable)
    expect((await captured({})).content['gen_ai.input.messages']).toContain('4111')
  })

  it('is not there where the option says so, whatever the variable says', async () => {
    vi.stubEnv(VARIABLE, 'true')
    expect((await captured({ captureContent: false })).content).toEqual({})
  })

  it('has the shape of the conventions', async () => {
    const { content } = await captured({ captureContent: true })
    expect(JSON.parse(content['gen_ai.input.messages']!)).toEqual([
      { role: 'system', parts: [{ type: 'text', content: 'Be brief.' }] },
      { role: 'user', parts: [{ type: 'text', content: SECRET }] },
    ])
    expect(JSON.parse(content['gen_ai.output.messages']!)).toEqual([
      { role: 'assistant', parts: [{ type: 'text', content: 'Within 30 days.' }], finish_reason: 'stop' },
    ])
  })

  it('is no longer than was asked, with the latest messages kept', async () => {
    const long = { captureContent: { maxLength: 200 } }
    const { content } = await captured(long, askChat('x'.repeat(100)))
    expect(JSON.parse(content['gen_ai.input.messages']!)).toEqual([
      { role: 'user', parts: [{ type: 'text', content: 'x'.repeat(100) }] },
    ])
    const cut = (await captured(long, askChat('x'.repeat(100_000)))).content['gen_ai.input.messages']!
    expect(cut.length).toBeLessThanOrEqual(200)
    expect(JSON.parse(cut)[0].parts[0].content).toMatch(/^x+…$/)
  })

  it('names pictures, and copies none', async () => {
    const url = `data:image/png;base64,${'A'.repeat(4000)}`
    const { content } = await captured({ captureContent: true }, (ops) =>
      new OpenAI({ apiKey: 'any', fetch: ops.fetch }).chat.completions.create({
        model: 'gpt-4o',
        messages: [
          {
            role: 'user',
            content: [
              { type: 'text', text: 'What is it?' },
              { type: 'image_url', image_url: { url } },
            ],
          },
        ],
      }),
    )
    expect(JSON.parse(content['gen_ai.input.messages']!)[0].parts).toEqual([
      { type: 'text', content: 'What is it?' },
      { type: 'image_url' },
    ])
  })

  it('is put together from a stream of Anthropic, with the tools that it called, and its instructions', async () => {
    const stream = events(
      {
        type: 'message_start',
        message: {
          id: 'm',
          type: 'message',
          role: 'assistant',
          model: 'claude-haiku-4-5',
          content: [],
          usage: { input_tokens: 9, output_tokens: 1 },
        },
      },
      { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Let me ' } },
      { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'look.' } },
      { type: 'content_block_stop', index: 0 },
      { type: 'content_block_start', index: 1, content_block: { type: 'tool_use', id: 't1', name: 'look', input: {} } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '{"q":' } },
      { type: 'content_block_delta', index: 1, delta: { type: 'input_json_delta', partial_json: '"returns"}' } },
      { type: 'content_block_stop', index: 1 },
      { type: 'message_delta', delta: { stop_reason: 'tool_use' }, usage: { output_tokens: 9 } },
      { type: 'message_stop' },
    )
    const { content } = await captured(
      { fetch: answered(stream, 'text/event-stream'), captureContent: true },
      async (ops) => {
        const model = createAnthropic({ apiKey: 'any', fetch: ops.fetch })('claude-haiku-4-5')
        await streamText({ model, system: 'Be brief.', prompt: SECRET }).consumeStream()
      },
    )
    expect(JSON.parse(content['gen_ai.output.messages']!)[0].parts).toEqual([
      { type: 'text', content: 'Let me look.' },
      { type: 'tool_call', id: 't1', name: 'look', arguments: '{"q":"returns"}' },
    ])
    expect(JSON.parse(content['gen_ai.system_instructions']!)).toEqual([{ type: 'text', content: 'Be brief.' }])
  })

  it('is put together from a stream of chat completions', async () => {
    const choice = (delta: object, finish_reason: string | null = null) => ({
      choices: [{ index: 0, delta, finish_reason }],
    })
    const called = { index: 0, id: 't1', function: { name: 'look', arguments: '{' } }
    const stream = `${events(
      choice({ content: 'Let me ' }),
      choice({ content: 'look.', tool_calls: [called] }),
      choice({ tool_calls: [{ index: 0, function: { arguments: '}' } }] }),
      choice({}, 'tool_calls'),
    )}data: [DONE]\n\n`
    const { content } = await captured(
      { fetch: answered(stream, 'text/event-stream'), captureContent: true },
      async (ops) => {
        const openai = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
        const messages = [{ role: 'user' as const, content: 'Hi' }]
        for await (const _ of await openai.chat.completions.create({ model: 'gpt-4o', messages, stream: true }));
      },
    )
    expect(JSON.parse(content['gen_ai.output.messages']!)).toEqual([
      {
        role: 'assistant',
        parts: [
          { type: 'text', content: 'Let me look.' },
          { type: 'tool_call', id: 't1', name: 'look', arguments: '{}' },
        ],
        finish_reason: 'tool_calls',
      },
    ])
  })

  it('is read from Responses, its items too', async () => {
    const answer = {
      id: 'r1',
      model: 'gpt-4o',
      status: 'completed',
      output: [
        { type: 'reasoning', id: 'rs' },
        { type: 'message', role: 'assistant', content: [{ type: 'output_text', text: 'Within 30 days.' }] },
      ],
      usage: { input_tokens: 9, output_tokens: 9, total_tokens: 18 },
    }
    const { content } = await captured({ fetch: answered(answer), captureContent: true }, (ops) =>
      new OpenAI({ apiKey: 'any', fetch: ops.fetch }).responses.create({
        model: 'gpt-4o',
        instructions: 'Be brief.',
        store: false,
        input: [
          { role: 'user', content: SECRET },
          { type: 'function_call', call_id: 'f', name: 'look', arguments: '{}' },
          { type: 'function_call_output', call_id: 'f', output: 'found' },
        ],
      }),
    )
    expect(JSON.parse(content['gen_ai.input.messages']!).map(({ parts }: { parts: unknown[] }) => parts[0])).toEqual([
      { type: 'text', content: SECRET },
      { type: 'tool_call', id: 'f', name: 'look', arguments: '{}' },
      { type: 'tool_call_response', id: 'f', response: 'found' },
    ])
    const said = JSON.parse(content['gen_ai.output.messages']!)
    expect(said.map(({ parts }: { parts: unknown[] }) => parts[0])).toEqual([
      { type: 'reasoning' },
      { type: 'text', content: 'Within 30 days.' },
    ])
  })

  it('includes what tools are given and return, cut to the limit', async () => {
    const { content } = await captured({ captureContent: { maxLength: 12 } }, async (ops) => {
      const tool = ops.tool({
        name: 'look',
        description: 'Looks',
        parameters: { type: 'object' },
        effect: 'read',
        run: () => 'y'.repeat(50),
      })
      await tool.call('{"query":"returns"}')
    })
    expect(content).toEqual({
      'gen_ai.tool.call.arguments': '{"query":"r…',
      'gen_ai.tool.call.result': `${'y'.repeat(11)}…`,
    })
  })

  it.each([
    ['null', null],
    ['lists in the place of messages', { messages: [[], null, 5, { role: 'user' }] }],
    ['numbers in the place of texts', { messages: [{ role: 5, content: 5, tool_calls: [5, {}] }] }],
    ['a body that no format knows', { question: 5 }],
  ])('harms no call whose body is %s', async (_, body) => {
    const { telemetry, ops } = tracedOps({ fetch: answered({ choices: [null, { message: 5 }] }), captureContent: true })
    const request = {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'gpt-4o', ...body }),
    }
    await ops.task({ tenant: 'contoso' }, () => ops.fetch('https://api.openai.com/v1/chat/completions', request))
    await ops.close()
    expect(telemetry.spans.at(-1)?.name).toBe('invoke_agent agent')
  })
})
