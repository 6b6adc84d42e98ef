import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { leaveOnceHeard } from '../../test/support/leave-once-heard.ts'
import { type ModelEndpoint, startModelEndpoint } from './index.ts'

let endpoint: ModelEndpoint
let openai: OpenAI
beforeEach(async () => {
  endpoint = await startModelEndpoint()
  openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0 })
})
afterEach(() => endpoint.close())

const getOrder = {
  type: 'function',
  function: {
    name: 'get_order',
    description: 'Reads one order by its number',
    parameters: {
      type: 'object',
      required: ['orderId'],
      properties: { orderId: { type: 'string', pattern: '^ORD-[0-9]{4}$' } },
    },
  },
} as const
const question = (content: string) => [{ role: 'user', content }] as OpenAI.ChatCompletionMessageParam[]
const ask = (content: string, over: Partial<OpenAI.ChatCompletionCreateParamsNonStreaming> = {}) =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: question(content), ...over })
const askStream = (content: string, over: Partial<OpenAI.ChatCompletionCreateParamsStreaming> = {}) =>
  openai.chat.completions.create({ model: 'gpt-4o-mini', messages: question(content), stream: true, ...over })

describe('the model on loopback', () => {
  it('calls the tool that the question names, with arguments from the question, then answers from its result', async () => {
    const first = await ask('Where is ORD-1001?', { tools: [getOrder] })
    const call = first.choices[0]!.message.tool_calls![0]!
    expect(first.choices[0]!.finish_reason).toBe('tool_calls')
    expect(call).toMatchObject({ function: { name: 'get_order', arguments: '{"orderId":"ORD-1001"}' } })
    const messages = [
      ...question('Where is ORD-1001?'),
      first.choices[0]!.message,
      { role: 'tool', tool_call_id: call.id, content: '{"status":"shipped"}' } as const,
    ]
    const second = await openai.chat.completions.create({ model: 'gpt-4o-mini', messages, tools: [getOrder] })
    expect(second.choices[0]!.message.content).toContain('shipped')
  })

  it('bills what its usage says, by its own price list', async () => {
    const { usage } = await ask('Hello')
    expect(endpoint.attempts[0]).toMatchObject({ outcome: 'completed', model: 'gpt-4o-mini' })
    expect(endpoint.totalCostNanos()).toBe(usage!.prompt_tokens * 150 + usage!.completion_tokens * 600)
  })

  it('reads a long prompt from its cache the second time', async () => {
    const long = 'All mountain gear is returned within thirty days. '.repeat(200)
    await ask(long)
    const { usage } = await ask(long)
    expect(usage!.prompt_tokens_details!.cached_tokens).toBeGreaterThanOrEqual(1024)
    expect(usage!.prompt_tokens_details!.cached_tokens! % 128).toBe(0)
  })

  it('counts thoughts of a reasoning model inside its output', async () => {
    const { usage } = await ask('Hello', { model: 'gpt-5-mini' })
    expect(usage!.completion_tokens_details!.reasoning_tokens).toBe(64)
    expect(usage!.completion_tokens).toBeGreaterThan(64)
  })

  it('stops at the output cap and says so', async () => {
    const { choices, usage } = await ask('Hello', { max_completion_tokens: 3 })
    expect(choices[0]!.finish_reason).toBe('length')
    expect(usage!.completion_tokens).toBe(3)
  })

  it('streams the same answer, and its usage only when asked', async () => {
    const whole = await ask('Hello')
    let text = ''
    let usage: unknown
    for await (const chunk of await askStream('Hello', { stream_options: { include_usage: true } })) {
      text += chunk.choices[0]?.delta.content ?? ''
      usage = chunk.usage ?? usage
    }
    expect(text).toBe(whole.choices[0]!.message.content)
    expect(usage).toMatchObject({ completion_tokens: whole.usage!.completion_tokens })
    for await (const chunk of await askStream('Hello')) expect(chunk.usage).toBeUndefined()
  })

  it('answers on the deployment path of Azure', async () => {
    const azure = new AzureOpenAI({ endpoint: endpoint.url, apiKey: 'any', apiVersion: '2024-10-21' })
    const answer = await azure.chat.completions.create({ model: 'my-deployment', messages: question('Hello') })
    expect(answer.model).toBe('my-deployment')
  })

  it('fits the schema that an answer must have', async () => {
    const schema = { type: 'object', required: ['amount'], properties: { amount: { type: 'number' } } }
    const answer = await ask('It costs 42 euros', {
      response_format: { type: 'json_schema', json_schema: { name: 'price', schema } },
    })
    expect(JSON.parse(answer.choices[0]!.message.content!)).toEqual({ amount: 42 })
  })

  it('does without tools when the prompt says so, except those that the prompt names', async () => {
    const system = { role: 'system', content: 'Answer without calling tools. `get_order` reads an order.' } as const
    const lookup = { ...getOrder, function: { ...getOrder.function, name: 'lookup' } }
    const messages = [system, ...question('Where is ORD-1001?')]
    const answer = await ask('', { messages, tools: [lookup] })
    expect(answer.choices[0]!.message.tool_calls).toBeUndefined()
    const other = await ask('', { messages, tools: [lookup, getOrder] })
    expect(other.choices[0]!.message.tool_calls).toHaveLength(1)
  })

  it.each([
    ['trailing_comma', '{"orderId":"ORD-1001",}'],
    ['code_fence', '```json\n{"orderId":"ORD-1001"}\n```'],
    ['lower_case', '{"orderId":"ord-1001"}'],
    ['missing_field', '{}'],
  ])('makes the mistake %s when it is asked to', async (mistake, text) => {
    const { choices } = await openai.chat.completions.create(
      { model: 'gpt-4o-mini', messages: question('Where is ORD-1001?'), tools: [getOrder] },
      { headers: { 'x-mistake': mistake } },
    )
    expect(choices[0]!.message.tool_calls![0]).toMatchObject({ function: { arguments: text } })
  })

  it('corrects arguments when it is shown what is wrong with them', async () => {
    const { parameters } = getOrder.function
    const shown = JSON.stringify({ schema: parameters, arguments: {}, issues: [], context: 'Where is ORD-1001?' })
    expect(JSON.parse((await ask(shown)).choices[0]!.message.content!)).toEqual({ orderId: 'ORD-1001' })
  })
})

describe('a test that scripts the answer', () => {
  it('puts it in the queue, or writes a script', async () => {
    await endpoint.close()
    endpoint = await startModelEndpoint({
      script: ({ messages }) => (messages[0]?.text === 'Ping' ? { text: 'Pong', toolCalls: [] } : undefined),
    })
    openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0 })
    endpoint.enqueue({ text: 'First' })
    const said = async (text: string) => (await ask(text)).choices[0]!.message.content
    expect([await said('Ping'), await said('Ping')]).toEqual(['First', 'Pong'])
    expect(await said('Hello')).toMatch(/^In general/)
  })

  it('has the same share of mistakes with the same seed', async () => {
    const callsOf = async (seed: number) => {
      const seeded = await startModelEndpoint({ seed, mistakeRate: 0.5 })
      const client = new OpenAI({ baseURL: `${seeded.url}/v1`, apiKey: 'any' })
      const asked = { model: 'gpt-4o-mini', messages: question('Where is ORD-1001?'), tools: [getOrder] }
      const said: string[] = []
      for (let index = 0; index < 16; index++) {
        said.push(JSON.stringify((await client.chat.completions.create(asked)).choices[0]!.message.tool_calls![0]))
      }
      await seeded.close()
      return said.map((call) => call.replace(/call_\d+_/, ''))
    }
    const first = await callsOf(3)
    expect(new Set(first).size).toBeGreaterThan(2)
    expect(await callsOf(3)).toEqual(first)
    expect(await callsOf(4)).not.toEqual(first)
  })
})

describe('a client that leaves', () => {
  it('a whole answer pays for the input and for what was generated by then', async () => {
    await endpoint.close()
    endpoint = await startModelEndpoint({ tokensPerSecond: 2 })
    const client = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0 })
    const asked = { model: 'gpt-4o-mini', messages: question('Hello') }
    await leaveOnceHeard(endpoint, (signal) => client.chat.completions.create(asked, { signal }))
    await expect.poll(() => endpoint.attempts[0]!.outcome).toBe('aborted')
    const { usage, costNanos, deliveredOutputTokens } = endpoint.attempts[0]!
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(usage.outputTokens).toBeLessThan(20)
    expect(costNanos).toBe(usage.inputTokens * 150 + usage.outputTokens * 600)
    expect(deliveredOutputTokens).toBe(0)
  })

  it('a stream pays for the input and for what was generated by then', async () => {
    await endpoint.close()
    endpoint = await startModelEndpoint({ tokensPerSecond: 200 })
    const client = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0 })
    const stream = await client.chat.completions.create({
      model: 'gpt-4o-mini',
      messages: question('Hello'),
      stream: true,
    })
    let pieces = 0
    for await (const chunk of stream) if (chunk.choices[0]?.delta.content && ++pieces === 2) break
    await expect.poll(() => endpoint.attempts[0]!.outcome).toBe('aborted')
    const { usage } = endpoint.attempts[0]!
    expect(usage.inputTokens).toBeGreaterThan(0)
    expect(usage.outputTokens).toBeGreaterThanOrEqual(2)
    expect(usage.outputTokens).toBeLessThan(20)
  })
})
