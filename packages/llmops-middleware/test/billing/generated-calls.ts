import type { PricedModel } from './price-list.ts'
import type { Random } from './random.ts'

export type GeneratedCall = { readonly path: string; readonly body: Readonly<Record<string, unknown>> }

const WORDS = ['order', 'tent', 'Straße', '価格', '🏔️', 'refund', '\\u0000', '"', '{"a":1}', '\n\n', 'a'.repeat(40)]

/** Requests as SDKs write them: every field that changes what is billed, alone and together. */
export class GeneratedCalls {
  readonly #random: Random
  /** Of answers that were stored: the newest, which a call may go on from. */
  #lastResponse: string | undefined

  constructor(random: Random) {
    this.#random = random
  }

  answered(id: unknown): void {
    if (typeof id === 'string' && id.startsWith('resp_')) this.#lastResponse = id
  }

  next(): GeneratedCall {
    const kind = this.#random.whole(0, 9)
    if (kind < 4) return { path: '/v1/chat/completions', body: this.#chat() }
    if (kind < 7) return { path: '/v1/responses', body: this.#responses() }
    if (kind < 9) return { path: '/v1/messages', body: this.#messages() }
    return { path: '/v1/embeddings', body: this.#embeddings() }
  }

  #chat() {
    const random = this.#random
    const model = random.pick<PricedModel>(['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-5-mini'])
    const canSee = model === 'gpt-4o' || model === 'gpt-4.1'
    return {
      model,
      messages: this.#turns((text) => this.#chatContent(text, canSee)),
      ...(random.chance(0.3) && {
        tools: this.#tools((name, parameters) => ({ type: 'function', function: { name, parameters } })),
      }),
      ...(random.chance(0.8) && { [random.pick(['max_tokens', 'max_completion_tokens'])]: random.whole(1, 2000) }),
      ...(random.chance(0.1) && { max_tokens: random.whole(1, 300), max_completion_tokens: random.whole(1, 300) }),
      ...(random.chance(0.15) && { n: random.whole(1, 4) }),
      ...(random.chance(0.4) && { stream: true }),
      ...(random.chance(0.1) && { stream: true, stream_options: { include_usage: true } }),
      ...(random.chance(0.1) && model === 'gpt-4o' && { service_tier: random.pick(['priority', 'auto', 'default']) }),
    }
  }

  #chatContent(text: string, canSee: boolean): unknown {
    if (!canSee || !this.#random.chance(0.3)) return text
    const detail = this.#random.pick(['low', 'high', 'auto', undefined])
    const url = `data:image/png;base64,${this.#picture()}`
    return [
      { type: 'text', text },
      { type: 'image_url', image_url: { url, ...(detail && { detail }) } },
    ]
  }

  #responses() {
    const random = this.#random
    const model = random.pick<PricedModel>(['gpt-4o-mini', 'gpt-4.1-mini', 'gpt-5-mini'])
    const goesOn = this.#lastResponse !== undefined && random.chance(0.4)
    return {
      model,
      input: random.chance(0.5) ? this.#text() : this.#turns((text) => text),
      ...(goesOn && { previous_response_id: this.#lastResponse }),
      ...(random.chance(0.3) && { instructions: this.#text() }),
      ...(random.chance(0.15) && {
        tools: [{ type: 'web_search' }],
        ...(random.chance(0.5) && { max_tool_calls: random.whole(1, 4) }),
      }),
      ...(random.chance(0.8) && { max_output_tokens: random.whole(16, 2000) }),
      ...(random.chance(0.2) && { store: false }),
      ...(random.chance(0.4) && { stream: true }),
    }
  }

  #messages() {
    const random = this.#random
    const cache = random.chance(0.4) && {
      cache_control: { type: 'ephemeral', ...(random.chance(0.5) && { ttl: random.pick(['5m', '1h']) }) },
    }
    const content = (text: string) => [
      ...(random.chance(0.2)
        ? [{ type: 'image', source: { type: 'base64', media_type: 'image/png', data: this.#picture() } }]
        : []),
      { type: 'text', text },
    ]
    return {
      model: 'claude-haiku-4-5',
      max_tokens: random.whole(1, 2000),
      messages: this.#turns(content),
      ...(random.chance(0.4) && { system: [{ type: 'text', text: this.#text(), ...cache }] }),
      ...(random.chance(0.3) && { tools: this.#tools((name, input_schema) => ({ name, input_schema })) }),
      ...(random.chance(0.4) && { stream: true }),
    }
  }

  #embeddings() {
    const input = this.#random.chance(0.5) ? this.#text() : [this.#text(), this.#text()]
    return { model: 'text-embedding-3-small', input }
  }

  #turns(content: (text: string) => unknown) {
    const count = this.#random.whole(0, 3) * 2 + 1
    return Array.from({ length: count }, (_, index) => ({
      role: index % 2 === 0 ? 'user' : 'assistant',
      content: index % 2 === 0 ? content(this.#text()) : this.#text(),
    }))
  }

  #tools(definition: (name: string, parameters: object) => object) {
    const properties = Object.fromEntries(
      WORDS.slice(0, 3).map((word) => [word, { type: 'string', description: this.#text() }]),
    )
    return Array.from({ length: this.#random.whole(1, 4) }, (_, index) =>
      definition(`tool_${index}`, { type: 'object', properties }),
    )
  }

  #text(): string {
    return Array.from({ length: this.#random.whole(1, 120) }, () => this.#random.pick(WORDS)).join(' ')
  }

  /** A PNG as far as its size says: long enough that its base64 is no text of its length. */
  #picture(): string {
    const bytes = Buffer.alloc(this.#random.whole(60, 6000), 7)
    Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex').copy(bytes)
    bytes.writeUInt32BE(this.#random.whole(1, 4000), 16)
    bytes.writeUInt32BE(this.#random.whole(1, 4000), 20)
    bytes.writeUInt8(8, 24)
    bytes.writeUInt8(2, 25)
    return bytes.toString('base64')
  }
}
