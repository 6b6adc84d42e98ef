import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type ModelPrices, PRICES, type PricedModel, SEARCH_NANOS } from './price-list.ts'
import type { Random } from './random.ts'

/**
 * A provider that bills by the rules that providers document, as mean as they allow: a token may be one byte, an answer may
 * be as long as its cap, all of a prompt may be written to a cache, and what a request refers to is read again.
 */
export type ProviderDouble = {
  readonly url: string
  billNanos(): number
  readonly calls: number
  close(): Promise<void>
}

/** Called when a request has arrived, before it is answered. */
export type OnRequest = () => unknown

/** What is not text of the request, by the documentation of each provider: frames of messages and of tools. */
const TOKENS_A_MESSAGE = 4
const TOKENS_A_REPLY = 3
/** The system prompt that Anthropic documents for the use of tools: 313 to 346 tokens. */
const CLAUDE_TOOLS = 346
const MOST_SEARCHES = 10

type Json = Readonly<Record<string, unknown>>
type Bill = { readonly input: number; readonly output: number; readonly cached: number; readonly written: number }
type Answer = { readonly body: Json; readonly events: readonly (Json | '[DONE]')[]; readonly named?: boolean }

export async function startProviderDouble(random: Random, onRequest: OnRequest = () => {}): Promise<ProviderDouble> {
  let nanos = 0
  let calls = 0
  let answers = 0
  /** By the id of an answer: what it read and what it said, which the next one reads again. */
  const stored = new Map<string, number>()

  const server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    billNanos: () => nanos,
    get calls() {
      return calls
    },
    async close() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Json
    calls += 1
    await onRequest()
    const made = answerOf(request.url!, body)
    if (body['stream'] !== true) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(made.body))
      return
    }
    response.setHeader('content-type', 'text/event-stream')
    for (const event of made.events) {
      const name = made.named && event !== '[DONE]' ? `event: ${String(event['type'])}\n` : ''
      response.write(`${name}data: ${event === '[DONE]' ? event : JSON.stringify(event)}\n\n`)
    }
    response.end()
  }

  function answerOf(path: string, body: Json): Answer {
    if (path.endsWith('/chat/completions')) return chat(body)
    if (path.endsWith('/responses')) return responses(body)
    if (path.endsWith('/messages')) return messages(body)
    if (path.endsWith('/embeddings')) return embeddings(body)
    throw new Error(`Nobody bills ${path}.`)
  }

  function charge(model: PricedModel, { input, output, cached, written }: Bill, hours: boolean, tier = 1): void {
    const price: ModelPrices = PRICES[model]
    const writing = written * (price.written?.[hours ? 1 : 0] ?? price.input)
    nanos += Math.round(
      tier * ((input - cached - written) * price.input + cached * price.cached + writing + output * price.output),
    )
  }

  /** Text of so many bytes: as one token in four, or, as no tokenizer passes, one for each byte. */
  function textTokens(bytes: number): number {
    return random.chance(0.2) ? bytes : Math.ceil(bytes * (0.2 + 0.2 * random.next()))
  }

  function share(tokens: number, probability: number): number {
    return random.chance(probability) ? random.whole(0, tokens) : 0
  }

  function chat(body: Json): Answer {
    const model = body['model'] as PricedModel
    const list = body['messages'] as readonly Json[]
    const tools = body['tools'] === undefined ? 0 : textTokens(bytesOf(body['tools']))
    const read = list.reduce((sum, message) => sum + TOKENS_A_MESSAGE + contentTokens(message), 0)
    const input = Math.min(read + TOKENS_A_REPLY + tools, PRICES[model].contextTokens)
    const cap = mostOf(body['max_tokens'], body['max_completion_tokens']) ?? PRICES[model].maxOutputTokens
    const count = Number(body['n'] ?? 1)
    const output = Array.from({ length: count }, () => length(cap)).reduce((sum, tokens) => sum + tokens, 0)
    const cached = random.luck(0.3) ? random.whole(0, input) : 0
    const isPriority = body['service_tier'] === 'priority' && random.chance(0.7)
    charge(
      model,
      { input, output, cached, written: 0 },
      false,
      isPriority ? (PRICES[model] as ModelPrices).priority : 1,
    )
    const usage = {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: cached },
      completion_tokens_details: { reasoning_tokens: share(output, 0.3) },
    }
    const id = `chatcmpl-${++answers}`
    const tier = { service_tier: isPriority ? 'priority' : 'default' }
    const choices = Array.from({ length: count }, (_, index) => index)
    const head = { id, object: 'chat.completion.chunk', created: 1, model, ...tier }
    return {
      body: {
        ...{ id, object: 'chat.completion', created: 1, model, usage, ...tier },
        choices: choices.map((index) => ({
          index,
          message: { role: 'assistant', content: 'Yes.' },
          finish_reason: 'stop',
        })),
      },
      events: [
        ...choices.flatMap((index) => [
          { ...head, choices: [{ index, delta: { role: 'assistant', content: 'Yes.' }, finish_reason: null }] },
          { ...head, choices: [{ index, delta: {}, finish_reason: 'stop' }] },
        ]),
        ...((body['stream_options'] as Json | undefined)?.['include_usage'] ? [{ ...head, choices: [], usage }] : []),
        '[DONE]',
      ],
    }
  }

  function responses(body: Json): Answer {
    const model = body['model'] as PricedModel
    const before = stored.get(String(body['previous_response_id'])) ?? 0
    const items = typeof body['input'] === 'string' ? [{ content: body['input'] }] : (body['input'] as readonly Json[])
    const own = items.reduce((sum, item) => sum + TOKENS_A_MESSAGE + contentTokens(item), TOKENS_A_REPLY)
    const instructions = body['instructions'] === undefined ? 0 : textTokens(bytesOf(body['instructions']))
    const tools = (body['tools'] ?? []) as readonly Json[]
    const canSearch = tools.some(({ type }) => type === 'web_search')
    const mostSearches = Number(body['max_tool_calls'] ?? MOST_SEARCHES)
    const searches = canSearch ? random.whole(0, Math.min(mostSearches, MOST_SEARCHES)) : 0
    const definitions = tools.length === 0 ? 0 : textTokens(bytesOf(tools))
    // What was found is read as input, up to the context.
    const found = searches === 0 ? 0 : random.whole(0, PRICES[model].contextTokens)
    const input = Math.min(before + own + instructions + definitions + found, PRICES[model].contextTokens)
    const output = length(mostOf(body['max_output_tokens']) ?? PRICES[model].maxOutputTokens)
    const cached = random.luck(0.3) ? random.whole(0, input) : 0
    charge(model, { input, output, cached, written: 0 }, false)
    nanos += searches * SEARCH_NANOS
    const id = `resp_${++answers}_${random.whole(0, 1e9)}`
    if (body['store'] !== false) stored.set(id, Math.min(input + output, PRICES[model].contextTokens))
    const usage = {
      input_tokens: input,
      input_tokens_details: { cached_tokens: cached },
      output_tokens: output,
      output_tokens_details: { reasoning_tokens: share(output, 0.3) },
      total_tokens: input + output,
    }
    const said = {
      id: `msg_${id}`,
      type: 'message',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Yes.', annotations: [] }],
    }
    const calls = Array.from({ length: searches }, (_, index) => ({
      id: `ws_${id}_${index}`,
      type: 'web_search_call',
      status: 'completed',
      action: { type: 'search', query: 'q' },
    }))
    const whole = {
      id,
      object: 'response',
      created_at: 1,
      model,
      status: 'completed',
      output: [...calls, said],
      usage,
      error: null,
      incomplete_details: null,
    }
    return {
      named: true,
      body: whole,
      events: [
        {
          type: 'response.created',
          sequence_number: 0,
          response: { ...whole, status: 'in_progress', output: [], usage: null },
        },
        {
          type: 'response.output_text.delta',
          sequence_number: 1,
          item_id: said.id,
          output_index: calls.length,
          content_index: 0,
          delta: 'Yes.',
          logprobs: [],
        },
        { type: 'response.completed', sequence_number: 2, response: whole },
      ],
    }
  }

  function messages(body: Json): Answer {
    const model = body['model'] as PricedModel
    const list = body['messages'] as readonly Json[]
    const system = body['system'] === undefined ? 0 : textTokens(bytesOf(body['system']))
    const tools = body['tools'] === undefined ? 0 : CLAUDE_TOOLS + textTokens(bytesOf(body['tools']))
    const read = list.reduce((sum, message) => sum + TOKENS_A_MESSAGE + contentTokens(message), 0)
    const input = Math.min(read + TOKENS_A_REPLY + system + tools, PRICES[model].contextTokens)
    const isForHours = JSON.stringify(body).includes('"ttl":"1h"')
    const canCache = JSON.stringify(body).includes('cache_control')
    const written = canCache ? share(input, 0.7) : 0
    const cached = canCache && random.luck(0.5) ? random.whole(0, input - written) : 0
    const output = length(Number(body['max_tokens']))
    charge(model, { input, output, cached, written }, isForHours)
    const usage = {
      input_tokens: input - written - cached,
      cache_creation_input_tokens: written,
      cache_read_input_tokens: cached,
      cache_creation: {
        ephemeral_5m_input_tokens: isForHours ? 0 : written,
        ephemeral_1h_input_tokens: isForHours ? written : 0,
      },
      output_tokens: output,
      service_tier: 'standard',
    }
    const whole = {
      id: `msg_${++answers}`,
      type: 'message',
      role: 'assistant',
      model,
      content: [{ type: 'text', text: 'Yes.' }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage,
    }
    return {
      named: true,
      body: whole,
      events: [
        {
          type: 'message_start',
          message: { ...whole, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
        },
        { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
        { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: 'Yes.' } },
        { type: 'content_block_stop', index: 0 },
        {
          type: 'message_delta',
          delta: { stop_reason: 'end_turn', stop_sequence: null },
          usage: random.chance(0.5) ? { output_tokens: output } : usage,
        },
        { type: 'message_stop' },
      ],
    }
  }

  function embeddings(body: Json): Answer {
    const model = body['model'] as PricedModel
    const input = textTokens(bytesOf(body['input']))
    charge(model, { input, output: 0, cached: 0, written: 0 }, false)
    return {
      body: { object: 'list', model, data: [], usage: { prompt_tokens: input, total_tokens: input } },
      events: [],
    }
  }

  /** All of its cap now and then, else much less. */
  function length(cap: number): number {
    return random.chance(0.3) ? cap : random.whole(Math.min(1, cap), Math.ceil(cap / 8))
  }

  function contentTokens({ content, ...rest }: Json): number {
    const beside = rest['role'] === undefined ? 0 : textTokens(bytesOf({ ...rest, role: undefined }))
    if (typeof content === 'string') return textTokens(Buffer.byteLength(content)) + beside
    return ((content ?? []) as readonly Json[]).reduce((sum, part) => sum + partTokens(part), beside)
  }

  function partTokens(part: Json): number {
    const source = (part['source'] ?? {}) as Json
    const image = (part['image_url'] ?? source['data']) as Json | string | undefined
    if (image === undefined) return textTokens(Buffer.byteLength(String(part['text'] ?? '')))
    const address = typeof image === 'string' ? image : String(image['url'])
    const bytes = Buffer.from(address.slice(address.indexOf(',') + 1), 'base64')
    const size = { width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) }
    if (part['type'] === 'image') return claudePicture(size)
    const detail = (typeof image === 'string' ? part['detail'] : image['detail']) ?? 'auto'
    return tiles(size, detail === 'low')
  }
}

type Size = { readonly width: number; readonly height: number }

/** platform.openai.com/docs/guides/images-vision: gpt-4o and gpt-4.1 see tiles of 512 pixels, 85 tokens and 170 for each. */
function tiles({ width, height }: Size, isLow: boolean): number {
  if (isLow) return 85
  const fit = Math.min(1, 2048 / Math.max(width, height))
  const short = Math.min(1, 768 / (Math.min(width, height) * fit))
  return 85 + 170 * Math.ceil((width * fit * short) / 512) * Math.ceil((height * fit * short) / 512)
}

/** platform.claude.com/docs/en/build-with-claude/vision: (width × height) / 750, after a long edge of at most 1,568. */
function claudePicture({ width, height }: Size): number {
  const fit = Math.min(1, 1568 / Math.max(width, height))
  return Math.min(1600, Math.ceil((width * fit * height * fit) / 750))
}

function mostOf(...caps: readonly unknown[]): number | undefined {
  const given = caps.filter((cap) => cap !== undefined && cap !== null).map(Number)
  return given.length > 0 ? Math.max(...given) : undefined
}

function bytesOf(value: unknown): number {
  return Buffer.byteLength(typeof value === 'string' ? value : JSON.stringify(value))
}
