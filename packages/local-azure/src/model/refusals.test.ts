import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type ModelEndpoint, type ModelEndpointOptions, startModelEndpoint } from './index.ts'

let endpoint: ModelEndpoint
const start = async (options: ModelEndpointOptions = {}) => {
  await endpoint?.close()
  endpoint = await startModelEndpoint(options)
}
beforeEach(() => start())
afterEach(() => endpoint.close())

const user = { role: 'user', content: 'Hello' }
const called = {
  role: 'assistant',
  tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } }],
}
const tool = (fields: object) => ({ type: 'function', function: { name: 'f', ...fields } })
const post = (body: unknown, headers: Record<string, string> = { authorization: 'Bearer any' }) =>
  fetch(`${endpoint.url}/v1/chat/completions`, {
    method: 'POST',
    headers,
    body: typeof body === 'string' ? body : JSON.stringify({ model: 'gpt-4o', messages: [user], ...(body as object) }),
  })

describe('a request that the provider would refuse', () => {
  it.each([
    ['model', { model: undefined }],
    ['messages', { messages: [] }],
    ['messages', { messages: [user, called, user] }],
    ['messages', { messages: [user, called] }],
    ['messages[0]', { messages: [null] }],
    ['messages[0].role', { messages: [{ ...user, role: 'wizard' }] }],
    ['messages[0].role', { messages: [{ role: 'tool', tool_call_id: 'c1', content: '' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: 7 }] }],
    ['tools', { tools: [] }],
    ['tools[0].function.name', { tools: [tool({ name: 'no spaces' })] }],
    ['tools[0].function.parameters', { tools: [tool({ parameters: { properties: [] } })] }],
    ['tools[0].function.parameters', { tools: [tool({ parameters: { properties: { a: { required: 'a' } } } })] }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tool_choice', { tools: [tool({})], tool_choice: { type: 'function', function: { name: 'g' } } }],
    ['max_completion_tokens', { max_completion_tokens: 0 }],
    ['n', { n: 1.5 }],
    ['stream_options', { stream_options: { include_usage: true } }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['response_format.json_schema.schema', { response_format: { type: 'json_schema', json_schema: { name: 'x' } } }],
    ['messages', { response_format: { type: 'json_object' } }],
  ])('is answered with 400 that names %s, logged, and costs nothing', async (param, body) => {
    const response = await post(body)
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: { param, type: 'invalid_request_error' } })
    expect(endpoint.attempts).toMatchObject([{ status: 400, outcome: 'refused', costNanos: 0 }])
  })

  it.each(['', '[]', '"text"', '{"model":', 'null'])('is answered with 400 when its body is %j', async (body) => {
    expect((await post(body)).status).toBe(400)
  })

  it('is answered with 401 without a key', async () => {
    expect((await post({}, {})).status).toBe(401)
  })

  it('is answered with 413 when it is too large', async () => {
    await start({ maxBodyBytes: 1000 })
    expect((await post({ user: 'x'.repeat(2_000_000) })).status).toBe(413)
    expect((await post({})).status).toBe(200)
  })

  it.each([
    ['x-fault', 'meteor', /meteor/],
    ['x-fault', 'cut;afterEvent=2', /afterEvent/],
    ['x-fault', 'slow_first_token;delayMs', /delayMs/],
    ['x-mistake', 'typo', /typo/],
  ])('is answered with 400 when %s is %s', async (name, value, message) => {
    const response = await post({}, { authorization: 'any', [name]: value })
    expect(response.status).toBe(400)
    expect(await response.text()).toMatch(message)
  })
})

describe('what a family of models refuses', () => {
  const tools = [tool({})]
  const TOOLS_WITH_EFFORT = {
    param: 'reasoning_effort',
    message: expect.stringMatching(/^Function tools with reasoning/),
  }
  const UNKNOWN_EFFORT = { param: 'reasoning_effort', code: 'unsupported_value' }
  const accepted = undefined

  it.each([
    ['gpt-5.6-luna', { tools }, TOOLS_WITH_EFFORT],
    ['gpt-5.6', { tools, reasoning_effort: 'low' }, TOOLS_WITH_EFFORT],
    ['gpt-6-astra', { tools, reasoning_effort: 'none' }, accepted],
    ['gpt-5.6-luna', {}, accepted],
    ['gpt-5.4-mini', { tools }, accepted],
    ['gpt-5.4-mini', { tools, reasoning_effort: 'none' }, accepted],
    ['gpt-5.4-mini', { tools, reasoning_effort: 'low' }, TOOLS_WITH_EFFORT],
    ['gpt-5.4-mini', { reasoning_effort: 'xhigh' }, accepted],
    ['gpt-5-mini', { tools, reasoning_effort: 'low' }, accepted],
    ['gpt-5-mini', { reasoning_effort: 'none' }, UNKNOWN_EFFORT],
    ['gpt-5.6-luna', { reasoning_effort: 'minimal' }, UNKNOWN_EFFORT],
    ['gpt-4o', { reasoning_effort: 'none' }, { param: 'reasoning_effort', message: /Unrecognized request argument/ }],
    ['gpt-5.6-luna', { temperature: 0.2 }, { param: 'temperature' }],
    ['gpt-5-mini', { top_p: 0.5 }, { param: 'top_p' }],
    ['gpt-5.4-mini', { temperature: 0.2 }, accepted],
    ['gpt-5.4-mini', { temperature: 0.2, reasoning_effort: 'low' }, { param: 'temperature' }],
    ['gpt-5.6-luna', { temperature: 1, top_p: 1 }, accepted],
    ['gpt-4o', { temperature: 0.2, max_tokens: 9 }, accepted],
    ['gpt-5.4-mini', { max_tokens: 9 }, { param: 'max_tokens', code: 'unsupported_parameter' }],
  ])('%s with %o', async (model, body, error) => {
    await start({ deployments: { chat: model } })
    const response = await post({ model: 'chat', ...body })
    const answer = await response.json()
    if (!error) return expect(response.status, JSON.stringify(answer)).toBe(200)
    const { message = /./, ...rest } = error as { message?: unknown }
    const matching = message instanceof RegExp ? expect.stringMatching(message) : message
    expect(response.status).toBe(400)
    expect(answer).toMatchObject({ error: { ...rest, message: matching } })
  })
})

describe('deployments', () => {
  const azure = () =>
    new AzureOpenAI({ endpoint: endpoint.url, apiKey: 'any', apiVersion: '2024-10-21', maxRetries: 0 })
  const ask = (model: string) =>
    azure().chat.completions.create({ model, messages: [{ role: 'user', content: 'Hello' }] })

  it('are billed as the model behind them', async () => {
    await start({ deployments: { 'prod chat': 'gpt-4o-mini' } })
    const { usage, model } = await ask('prod chat')
    expect(model).toBe('gpt-4o-mini')
    expect(endpoint.attempts[0]).toMatchObject({ deployment: 'prod chat', model: 'gpt-4o-mini' })
    expect(endpoint.totalCostNanos()).toBe(usage!.prompt_tokens * 150 + usage!.completion_tokens * 600)
  })

  it.each(['other', '__proto__'])('that are not there (%s) are answered with 404', async (name) => {
    await start({ deployments: { chat: 'gpt-4o-mini' } })
    await expect(ask(name)).rejects.toMatchObject({ status: 404, code: 'DeploymentNotFound' })
  })
})

describe('options', () => {
  it.each([
    ['port', { port: 70_000 }],
    ['seed', { seed: 1.5 }],
    ['tokensPerSecond', { tokensPerSecond: -1 }],
    ['mistakeRate', { mistakeRate: Number.NaN }],
  ])('refuse a bad %s by its name', async (name, options) => {
    await expect(startModelEndpoint(options)).rejects.toThrow(new RegExp(`\`${name}\` is`))
  })
})

it('returns as many choices as were asked for and bills each', async () => {
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any' })
  const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] }
  const one = await openai.chat.completions.create(asked)
  const three = await openai.chat.completions.create({ ...asked, n: 3 })
  expect(three.choices.map(({ index }) => index)).toEqual([0, 1, 2])
  expect(three.usage!.completion_tokens).toBe(one.usage!.completion_tokens * 3)
  const streamed = await openai.chat.completions.stream({ ...asked, n: 3 }).finalChatCompletion()
  expect(streamed.choices).toHaveLength(3)
  expect(endpoint.attempts[2]!.usage).toEqual(endpoint.attempts[1]!.usage)
})

it('never counts more input tokens than the request has bytes', async () => {
  const schema = { type: 'object', properties: { ü: { type: 'string', enum: ['ß', '漢字'] } } }
  const bodies = [
    { messages: [{ role: 'user', content: '' }] },
    { messages: [{ role: 'user', content: '漢字🙂'.repeat(50) }], tools: [tool({ parameters: schema })] },
    { messages: Array.from({ length: 40 }, () => ({ role: 'user', content: 'x' })) },
  ]
  for (const body of bodies) {
    await post(body)
    const bytes = Buffer.byteLength(JSON.stringify({ model: 'gpt-4o', ...body }))
    expect(endpoint.attempts.at(-1)!.usage.inputTokens).toBeLessThanOrEqual(bytes)
  }
})
