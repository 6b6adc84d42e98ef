import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ModelEndpoint, startModelEndpoint } from '../index.ts'

let endpoint: ModelEndpoint
let openai: OpenAI
let anthropic: Anthropic
beforeEach(async () => {
  endpoint = await startModelEndpoint()
  openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0 })
  anthropic = new Anthropic({ baseURL: endpoint.url, apiKey: 'any', maxRetries: 0 })
})
afterEach(() => endpoint.close())

const parameters = {
  type: 'object',
  required: ['orderId'],
  properties: { orderId: { type: 'string', pattern: '^ORD-[0-9]{4}$' } },
} as const
const description = 'Reads one order by its number'
const question = 'Where is ORD-1001?'

describe('chat completions', () => {
  it('hide the sizes of their pieces behind noise, unless they are asked not to', async () => {
    for (const include_obfuscation of [true, false]) {
      const body = JSON.stringify({
        model: 'gpt-4o-mini',
        messages: [{ role: 'user', content: 'Hello' }],
        stream: true,
        stream_options: { include_obfuscation },
      })
      const headers = { authorization: 'Bearer any', 'content-type': 'application/json' }
      const answer = await fetch(`${endpoint.url}/v1/chat/completions`, { method: 'POST', headers, body })
      const events = (await answer.text()).split('\n\n').filter((event) => event.includes('"content":"'))
      expect(events.length).toBeGreaterThan(3)
      expect(events.every((event) => event.includes('"obfuscation":"'))).toBe(include_obfuscation)
    }
  })
})

describe('Responses', () => {
  const model = 'gpt-4.1-mini'
  const tools = [{ type: 'function', name: 'get_order', description, parameters, strict: true }] as const

  it('calls a tool, then answers from its result', async () => {
    const first = await openai.responses.create({ model, input: question, tools: [...tools] })
    const call = first.output.find((item) => item.type === 'function_call')!
    expect(call).toMatchObject({ name: 'get_order', arguments: '{"orderId":"ORD-1001"}' })
    const second = await openai.responses.create({
      model,
      tools: [...tools],
      input: [
        { role: 'user', content: question },
        call,
        { type: 'function_call_output', call_id: call.call_id, output: '{"status":"shipped"}' },
      ],
    })
    expect(second.output_text).toContain('shipped')
  })

  it('bills what its usage says', async () => {
    const { usage } = await openai.responses.create({ model, input: 'Hello' })
    expect(endpoint.totalCostNanos()).toBe(usage!.input_tokens * 400 + usage!.output_tokens * 1600)
  })

  it('streams what it would have answered whole', async () => {
    const whole = await openai.responses.create({ model: 'gpt-5-mini', input: 'Hello' })
    const stream = openai.responses.stream({ model: 'gpt-5-mini', input: 'Hello' })
    const types: string[] = []
    for await (const event of stream) if (event.type !== types.at(-1)) types.push(event.type)
    const streamed = await stream.finalResponse()
    expect(streamed.output_text).toBe(whole.output_text)
    expect(streamed.usage).toEqual(whole.usage)
    expect(streamed.usage!.output_tokens_details.reasoning_tokens).toBe(64)
    expect(types.at(0)).toBe('response.created')
    expect(types.at(-1)).toBe('response.completed')
  })

  it('streams the arguments of a call in pieces', async () => {
    const stream = openai.responses.stream({ model, input: question, tools: [...tools] })
    let pieces = ''
    stream.on('response.function_call_arguments.delta', ({ delta }) => {
      pieces += delta
    })
    const { output } = await stream.finalResponse()
    expect(pieces).toBe('{"orderId":"ORD-1001"}')
    expect(output.at(-1)).toMatchObject({ type: 'function_call', arguments: pieces })
  })

  it('is incomplete at its output cap', async () => {
    const answer = await openai.responses.create({ model, input: 'Hello', max_output_tokens: 3 })
    expect(answer).toMatchObject({ status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } })
    expect(answer.usage!.output_tokens).toBe(3)
  })

  it('answers on both paths of Azure', async () => {
    const azure = new AzureOpenAI({ endpoint: endpoint.url, apiKey: 'any', apiVersion: '2025-04-01-preview' })
    const v1 = new OpenAI({ baseURL: `${endpoint.url}/openai/v1`, apiKey: 'any' })
    for (const client of [azure, v1]) {
      expect((await client.responses.create({ model, input: 'Hello' })).status).toBe('completed')
    }
  })

  it.each([
    ['input', {}],
    ['input[0].role', { input: [{ role: 'wizard', content: 'Hi' }] }],
    ['input', { input: [{ type: 'function_call_output', call_id: 'call_9', output: '' }] }],
    ['previous_response_id', { input: 'Hi', previous_response_id: 'resp_9' }],
    ['max_output_tokens', { input: 'Hi', max_output_tokens: 0 }],
  ])('refuses a bad %s by its name', async (param, body) => {
    const asked = openai.responses.create({ model, ...body } as OpenAI.Responses.ResponseCreateParamsNonStreaming)
    await expect(asked).rejects.toMatchObject({ status: 400, param })
  })
})

describe('embeddings', () => {
  const model = 'text-embedding-3-small'
  const near = (a: readonly number[], b: readonly number[]) =>
    a.reduce((sum, value, index) => sum + value * b[index]!, 0)

  it('are near each other where texts share words, and billed by their input alone', async () => {
    const input = ['tents for the winter', 'a tent and tents for winter', 'currency rates']
    const { data, usage } = await openai.embeddings.create({ model, input })
    const [first, second, third] = data.map(({ embedding }) => embedding)
    expect(first).toHaveLength(1536)
    expect(near(first!, second!)).toBeGreaterThan(near(first!, third!))
    expect(endpoint.totalCostNanos()).toBe(usage.prompt_tokens * 20)
  })

  it('are the same numbers as floats and in base64', async () => {
    const asked = { model, input: 'tents', dimensions: 8 } as const
    const floats = await openai.embeddings.create({ ...asked, encoding_format: 'float' })
    const decoded = await openai.embeddings.create(asked)
    expect(decoded.data[0]!.embedding).toEqual(floats.data[0]!.embedding)
  })

  it.each([[''], [[]], [['']], [[1.5]]])('refuse %j', async (input) => {
    await expect(openai.embeddings.create({ model, input })).rejects.toMatchObject({ status: 400, param: 'input' })
  })
})

describe('Anthropic Messages', () => {
  const model = 'claude-haiku-4-5'
  const tools = [{ name: 'get_order', description, input_schema: { ...parameters, required: ['orderId'] } }]
  const messages: Anthropic.MessageParam[] = [{ role: 'user', content: question }]

  it('calls a tool, then answers from its result', async () => {
    const first = await anthropic.messages.create({ model, max_tokens: 500, messages, tools })
    const call = first.content.find((block) => block.type === 'tool_use')!
    expect(first.stop_reason).toBe('tool_use')
    expect(call).toMatchObject({ name: 'get_order', input: { orderId: 'ORD-1001' } })
    const result = { type: 'tool_result', tool_use_id: call.id, content: '{"status":"shipped"}' } as const
    const second = await anthropic.messages.create({
      model,
      max_tokens: 500,
      tools,
      messages: [...messages, { role: 'assistant', content: first.content }, { role: 'user', content: [result] }],
    })
    expect(second.content[0]).toMatchObject({ type: 'text', text: expect.stringContaining('shipped') })
  })

  it('counts cached input apart, and bills both', async () => {
    const system = 'All mountain gear is returned within thirty days. '.repeat(200)
    const ask = () => anthropic.messages.create({ model, max_tokens: 50, system, messages })
    await ask()
    const before = endpoint.totalCostNanos()
    const { usage } = await ask()
    expect(usage.cache_read_input_tokens).toBeGreaterThanOrEqual(1024)
    expect(endpoint.totalCostNanos() - before).toBe(
      usage.input_tokens * 1000 + usage.cache_read_input_tokens! * 100 + usage.output_tokens * 5000,
    )
  })

  it('streams what it would have answered whole, text and calls', async () => {
    for (const asked of [
      { model, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Hello' }] },
      { model, max_tokens: 500, messages, tools },
    ]) {
      const whole = await anthropic.messages.create(asked)
      const streamed = await anthropic.messages.stream(asked).finalMessage()
      const withoutIds = ({ content }: Anthropic.Message) => content.map((block) => ({ ...block, id: '' }))
      expect(withoutIds(streamed)).toMatchObject(withoutIds(whole))
      expect(streamed.usage.output_tokens).toBe(whole.usage.output_tokens)
      expect(streamed.stop_reason).toBe(whole.stop_reason)
    }
  })

  it.each([
    ['rate_limit', 429, 'rate_limit_error'],
    ['unavailable', 503, 'overloaded_error'],
    ['prefill_rejected', 400, 'invalid_request_error'],
  ] as const)('says %s in its own error shape', async (kind, status, type) => {
    endpoint.fault({ kind })
    const prefilled = [...messages, { role: 'assistant' as const, content: 'It' }]
    const asked = anthropic.messages.create({ model, max_tokens: 50, messages: prefilled })
    await expect(asked).rejects.toMatchObject({ status, error: { error: { type } } })
  })

  it('refuses results of tools that were not called', async () => {
    const stray = [{ type: 'tool_result' as const, tool_use_id: 'toolu_9', content: '' }]
    const asked = anthropic.messages.create({ model, max_tokens: 50, messages: [{ role: 'user', content: stray }] })
    await expect(asked).rejects.toMatchObject({ status: 400, message: expect.stringContaining('toolu_9') })
  })
})

describe('in every format, a cut stream', () => {
  const chat = () =>
    openai.chat.completions.create({ model: 'gpt-4o', stream: true, messages: [{ role: 'user', content: 'Hello' }] })
  const responses = () => openai.responses.create({ model: 'gpt-4o', stream: true, input: 'Hello' })
  const messages = () =>
    anthropic.messages.create({
      model: 'claude-haiku-4-5',
      stream: true,
      max_tokens: 99,
      messages: [{ role: 'user', content: 'Hello' }],
    })

  it.each([
    ['chat completions', chat],
    ['Responses', responses],
    ['Anthropic Messages', messages],
  ])('of %s bills its input and what was generated by then', async (_, ask) => {
    endpoint.fault({ kind: 'cut', afterEvents: 8 })
    const read = async () => {
      for await (const _ of await ask());
    }
    await expect(read()).rejects.toThrow()
    const [{ outcome, usage }] = endpoint.attempts as [(typeof endpoint.attempts)[number]]
    expect(outcome).toBe('cut')
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(usage.outputTokens).toBeGreaterThan(2)
    expect(usage.outputTokens).toBeLessThan(8)
  })
})
