import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What the providers of the SDKs answer, each in its own words: "Hello!", for 1,000 tokens in and 100 out. */
export type Provider = {
  readonly url: string
  /** The paths that models were asked at. */
  readonly asked: readonly string[]
  close(): void
}

const INPUT = 1000
const OUTPUT = 100

/** By hand, from the price lists of the makers, in US dollars per million tokens. */
export const USD = {
  'gpt-4o-mini': cost(0.15, 0.6),
  'claude-haiku-4-5': cost(1, 5),
  'gemini-2.5-flash': cost(0.3, 2.5),
  'mistral-small-latest': cost(0.1, 0.3),
  'llama-3.1-8b-instant': cost(0.05, 0.08),
} as const

function cost(input: number, output: number): number {
  return (INPUT * input + OUTPUT * output) / 1e6
}

export async function startProvider(): Promise<Provider> {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    response.setHeader('content-type', 'application/json')
    if (request.url === '/echo') {
      response.end(JSON.stringify({ text, own: request.headers['x-own'] }))
      return
    }
    asked.push(request.url!)
    const body = JSON.parse(text) as { model?: string; stream?: boolean }
    if (body.stream !== true) response.end(JSON.stringify(answer(request.url!, body.model)))
    else response.setHeader('content-type', 'text/event-stream').end(chatEvents(body.model))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

function answer(path: string, model: string | undefined): object {
  if (path.includes(':generateContent')) {
    return {
      candidates: [{ content: { role: 'model', parts: [{ text: 'Hello!' }] }, finishReason: 'STOP', index: 0 }],
      usageMetadata: { promptTokenCount: INPUT, candidatesTokenCount: OUTPUT, totalTokenCount: INPUT + OUTPUT },
      modelVersion: 'gemini-2.5-flash',
    }
  }
  if (path.endsWith('/messages')) {
    return {
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Hello!' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: INPUT, output_tokens: OUTPUT },
    }
  }
  if (path.endsWith('/responses')) {
    return {
      id: 'resp_1',
      object: 'response',
      created_at: 1,
      status: 'completed',
      model,
      output: [
        {
          id: 'msg_1',
          type: 'message',
          role: 'assistant',
          status: 'completed',
          content: [{ type: 'output_text', text: 'Hello!', annotations: [] }],
        },
      ],
      usage: {
        input_tokens: INPUT,
        input_tokens_details: { cached_tokens: 0 },
        output_tokens: OUTPUT,
        output_tokens_details: { reasoning_tokens: 0 },
        total_tokens: INPUT + OUTPUT,
      },
    }
  }
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: model ?? 'gpt-4o-mini',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello!' } }],
    usage: USAGE,
  }
}

const USAGE = { prompt_tokens: INPUT, completion_tokens: OUTPUT, total_tokens: INPUT + OUTPUT }

function chatEvents(model: string | undefined): string {
  const event = (choices: object[], more: object = {}) =>
    `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', created: 1, model, choices, ...more })}\n\n`
  return [
    event([{ index: 0, delta: { role: 'assistant', content: 'Hello' }, finish_reason: null }]),
    event([{ index: 0, delta: { content: '!' }, finish_reason: null }]),
    event([{ index: 0, delta: {}, finish_reason: 'stop' }]),
    event([], { usage: USAGE }),
    'data: [DONE]\n\n',
  ].join('')
}
