import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { stepCountIs, streamText, tool } from 'ai'
import OpenAI, { AzureOpenAI } from 'openai'
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { z } from 'zod'
import { createLlmOps } from '../../index.ts'
import { type Script, type TestFault, type TestModel, testModel } from '../index.ts'

const user = (content: string) => ({ role: 'user' as const, content })
const LOOKUP = {
  type: 'function' as const,
  function: { name: 'lookup', parameters: { type: 'object', properties: { query: { type: 'string' } } } },
}

const open: TestModel[] = []
afterEach(async () => {
  for (const model of open.splice(0)) await model.close()
})

function modelOf(script: Script): TestModel {
  const model = testModel({ script })
  open.push(model)
  return model
}

/** Each way in which an SDK reaches the model. */
const WAYS = {
  'as a fetch': async (model: TestModel) => ({ fetch: model.fetch, url: 'https://api.example.com' }),
  'as a server': async (model: TestModel) => ({ url: await model.listen() }),
}

describe.each(Object.entries(WAYS))('a test model %s', (_, reach) => {
  const openai = async (model: TestModel, options = {}) => {
    const { url, ...given } = await reach(model)
    return new OpenAI({ apiKey: 'none', baseURL: `${url}/v1`, maxRetries: 0, logLevel: 'off', ...given, ...options })
  }
  const anthropic = async (model: TestModel) => {
    const { url, ...given } = await reach(model)
    return new Anthropic({ apiKey: 'none', baseURL: url, maxRetries: 0, ...given })
  }

  it('says its script in chat completions, whole and streamed, with the same usage', async () => {
    const model = modelOf(['Hello there.', 'Hello there.'])
    const client = await openai(model)
    const asked = { model: 'gpt-4o', messages: [user('Hi')] }
    const whole = await client.chat.completions.create(asked)
    const stream = client.chat.completions.stream({ ...asked, stream_options: { include_usage: true } })
    expect(whole.choices[0]!.message.content).toBe('Hello there.')
    expect(whole.usage).toMatchObject({ prompt_tokens: 7, completion_tokens: 3, total_tokens: 10 })
    expect(await stream.finalContent()).toBe('Hello there.')
    expect(await stream.totalUsage()).toMatchObject({ prompt_tokens: 7, completion_tokens: 3 })
    expect(model.calls.map(({ isStream, outcome }) => [isStream, outcome])).toEqual([
      [false, 'answered'],
      [true, 'answered'],
    ])
  })

  it('calls tools in chat completions, and gets their results', async () => {
    const model = modelOf([{ toolCalls: [{ name: 'lookup', arguments: { query: 'returns' } }] }, 'Within 30 days.'])
    const client = await openai(model)
    const runner = client.chat.completions.runTools({
      model: 'gpt-4o',
      messages: [user('How long may I return it?')],
      tools: [{ ...LOOKUP, function: { ...LOOKUP.function, parse: JSON.parse, function: () => '30 days' } }] as never,
    })
    expect(await runner.finalContent()).toBe('Within 30 days.')
    expect(model.calls[1]!.messages).toMatchObject([
      { role: 'user', text: 'How long may I return it?' },
      { role: 'assistant', toolCalls: [{ name: 'lookup', arguments: '{"query":"returns"}' }] },
      { role: 'tool', text: '30 days' },
    ])
    model.verify()
  })

  it('speaks Responses, whole and streamed, tools included', async () => {
    const model = modelOf(['Hello.', { toolCalls: [{ name: 'lookup', arguments: { query: 'x' } }] }, 'Done.'])
    const client = await openai(model)
    const tools = [{ type: 'function' as const, name: 'lookup', parameters: {}, strict: false }]
    const whole = await client.responses.create({ model: 'gpt-4o', input: 'Hi', instructions: 'Be short.' })
    expect([whole.output_text, whole.status]).toEqual(['Hello.', 'completed'])
    const stream = client.responses.stream({ model: 'gpt-4o', input: 'Hi', tools })
    const { output, usage } = await stream.finalResponse()
    expect(output).toMatchObject([{ type: 'function_call', name: 'lookup', arguments: '{"query":"x"}' }])
    expect(usage).toMatchObject({ output_tokens: 8 })
    const [call] = output as { call_id: string }[]
    const next = [user('Hi'), call, { type: 'function_call_output', call_id: call!.call_id, output: '42' }]
    expect((await client.responses.create({ model: 'gpt-4o', input: next as never, tools })).output_text).toBe('Done.')
    expect(model.calls[0]!.system).toBe('Be short.')
    expect(model.calls[2]!.messages.at(-1)).toMatchObject({ role: 'tool', text: '42' })
  })

  it('speaks Anthropic Messages, whole and streamed, tools included', async () => {
    const model = modelOf([
      'Hello.',
      { text: 'I look.', toolCalls: [{ name: 'lookup', arguments: { query: 'x' } }] },
      'Done.',
    ])
    const client = await anthropic(model)
    const asked = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [user('Hi')] }
    const tools = [{ name: 'lookup', input_schema: { type: 'object' as const } }]
    const whole = await client.messages.create({ ...asked, system: 'Be short.' })
    expect([whole.content[0], whole.usage.output_tokens]).toMatchObject([{ type: 'text', text: 'Hello.' }, 2])
    const streamed = await client.messages.stream({ ...asked, tools }).finalMessage()
    expect(streamed.content).toMatchObject([
      { text: 'I look.' },
      { type: 'tool_use', name: 'lookup', input: { query: 'x' } },
    ])
    const { id } = streamed.content[1] as { id: string }
    const results = {
      role: 'user' as const,
      content: [{ type: 'tool_result' as const, tool_use_id: id, content: '42' }],
    }
    const messages = [user('Hi'), { role: 'assistant' as const, content: streamed.content }, results]
    await client.messages.create({ ...asked, tools, messages: messages as never })
    expect(model.calls[2]!.messages.at(-1)).toEqual({ role: 'tool', text: '42', toolCallId: id })
    model.verify()
  })

  it('answers embeddings with the same vectors each time, and takes no answer of a list for them', async () => {
    const model = modelOf(['Hello.'])
    const client = await openai(model)
    const asked = { model: 'text-embedding-3-small', input: ['one', 'two'], dimensions: 8 }
    const first = await client.embeddings.create(asked)
    const second = await client.embeddings.create({ ...asked, encoding_format: 'float' })
    expect(first.data.map(({ embedding }) => embedding.length)).toEqual([8, 8])
    expect(second.data[0]!.embedding).toEqual(first.data[0]!.embedding.map((value) => expect.closeTo(value, 5)))
    expect(first.data[0]!.embedding).not.toEqual(first.data[1]!.embedding)
    expect(first.usage.prompt_tokens).toBe(2)
    await client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')] })
    model.verify()
  })

  it.each<[TestFault, number]>([
    ['rate_limit', 429],
    ['server_error', 500],
    ['unavailable', 503],
    ['context_length', 400],
    ['content_filter', 400],
  ])('refuses by %s as the provider does', async (fault, status) => {
    const model = modelOf([{ fault }])
    const client = await openai(model)
    const refusal = client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')] })
    await expect(refusal).rejects.toMatchObject({ status })
    expect(model.calls[0]).toMatchObject({ outcome: 'refused', status, usage: undefined })
    expect(model.problems).toEqual([])
  })

  it('refuses as its script says, and when to come back', async () => {
    const model = modelOf([
      { fault: { status: 404, code: 'DeploymentNotFound', message: 'No such.' } },
      { fault: 'rate_limit', retryAfterMs: 2000 },
    ])
    const client = await openai(model)
    const ask = () => client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')] })
    await expect(ask()).rejects.toMatchObject({
      status: 404,
      code: 'DeploymentNotFound',
      message: expect.stringContaining('No such.'),
    })
    const error = await ask().catch((error) => error)
    expect(error.headers.get('retry-after')).toBe('2')
  })

  it.each<TestFault>(['cut', 'malformed'])(
    'breaks a stream by %s, after as many events as it is told',
    async (fault) => {
      const model = modelOf([{ text: 'A rather long answer.', fault, afterEvents: 2 }])
      const client = await openai(model)
      const stream = await client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')], stream: true })
      let events = 0
      await expect(async () => {
        for await (const _ of stream) events++
      }).rejects.toThrow()
      expect([events, model.calls[0]!.outcome]).toEqual([2, 'broken'])
    },
  )

  it.each<TestFault>(['cut', 'cut_clean', 'malformed', 'wrong_content_type'])(
    'breaks a whole answer by %s',
    async (fault) => {
      const model = modelOf([{ text: 'A rather long answer.', fault }])
      const { url, fetch: given = fetch } = (await reach(model)) as { url: string; fetch?: typeof fetch }
      const body = JSON.stringify({ model: 'gpt-4o', messages: [user('Hi')] })
      const response = await given(`${url}/v1/chat/completions`, { method: 'POST', body })
      await expect(response.json()).rejects.toThrow()
      expect(model.calls[0]!.outcome).toBe('broken')
    },
  )

  it('breaks the connection before any answer', async () => {
    const model = modelOf([{ fault: 'reset' }])
    const client = await openai(model)
    const answer = client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')] })
    await expect(answer).rejects.toThrow('Connection error.')
    expect(model.calls[0]).toMatchObject({ outcome: 'broken', status: undefined })
  })

  it.each<[TestFault, boolean]>([
    ['hang', false],
    ['stall', true],
    ['stall', false],
  ])('lets a caller wait by %s (stream: %s) until the caller goes', async (fault, stream) => {
    const model = modelOf([{ text: 'A rather long answer.', fault }])
    const { url, fetch: given = fetch } = (await reach(model)) as { url: string; fetch?: typeof fetch }
    const caller = new AbortController()
    const body = JSON.stringify({ model: 'gpt-4o', messages: [user('Hi')], stream })
    const answer = given(`${url}/v1/chat/completions`, { method: 'POST', body, signal: caller.signal }).then(
      (response) => response.text(),
    )
    await expect.poll(() => model.calls.length).toBe(1)
    caller.abort(new Error('enough'))
    await expect(answer).rejects.toThrow()
    await expect.poll(() => model.calls[0]!.outcome).toMatch(fault === 'hang' ? 'left' : /left|broken/)
  })

  it('obeys the output cap of a request, as a provider does', async () => {
    const model = modelOf(['A rather long answer.'])
    const client = await openai(model)
    const { choices, usage } = await client.chat.completions.create({
      model: 'gpt-4o',
      messages: [user('Hi')],
      max_completion_tokens: 2,
    })
    expect([choices[0]!.finish_reason, choices[0]!.message.content, usage!.completion_tokens]).toEqual([
      'length',
      'A rather',
      2,
    ])
  })

  it('ends at the stop sequences of a request, whole and streamed, and is billed for no more', async () => {
    const text = 'One. END Two. STOP Three.'
    const model = modelOf([text, text, text, text])
    const chat = { model: 'gpt-4o', messages: [user('Hi')], stop: ['STOP', 'END'] }
    const client = await openai(model)
    const whole = await client.chat.completions.create(chat)
    expect(whole.choices[0]).toMatchObject({ finish_reason: 'stop', message: { content: 'One. ' } })
    expect(whole.usage!.completion_tokens).toBe(2)
    expect(await client.chat.completions.stream({ ...chat, stop: 'END' }).finalContent()).toBe('One. ')
    const message = { model: 'claude-haiku-4-5', max_tokens: 100, messages: [user('Hi')], stop_sequences: ['END'] }
    const claude = await anthropic(model)
    const ended = { stop_reason: 'stop_sequence', stop_sequence: 'END', content: [{ type: 'text', text: 'One. ' }] }
    expect(await claude.messages.create(message)).toMatchObject(ended)
    expect(await claude.messages.stream(message).finalMessage()).toMatchObject(ended)
  })

  it('says nothing at all as providers do: with an empty text, and with none where tools are called', async () => {
    const model = modelOf(['', { toolCalls: [{ name: 'lookup' }] }])
    const client = await openai(model)
    const asked = { model: 'gpt-4o', messages: [user('Hi')], tools: [LOOKUP] }
    expect((await client.chat.completions.create(asked)).choices[0]!.message.content).toBe('')
    expect((await client.chat.completions.create(asked)).choices[0]!.message.content).toBeNull()
  })

  it('repeats in a response what it was asked with, and names each answer by the id of its request', async () => {
    const model = modelOf(['Hello.', 'Hello.', 'Hello.'])
    const client = await openai(model)
    const asked = { model: 'gpt-4o', input: 'Hi', previous_response_id: 'resp_1', metadata: { user: 'ada' } }
    expect(await client.responses.create(asked)).toMatchObject({
      previous_response_id: 'resp_1',
      metadata: { user: 'ada' },
      parallel_tool_calls: true,
    })
    const { request_id } = await client.chat.completions
      .create({ model: 'gpt-4o', messages: [user('Hi')] })
      .withResponse()
    const message = { model: 'claude-haiku-4-5', max_tokens: 9, messages: [user('Hi')] }
    const claude = await (await anthropic(model)).messages.create(message).withResponse()
    expect([request_id, claude.request_id]).toEqual(['req_test_2', 'req_test_3'])
  })

  it('has as many numbers in an embedding as its model, and bills token ids one by one', async () => {
    const client = await openai(modelOf([]))
    const embed = (model: string, input: string | number[] | number[][]) => client.embeddings.create({ model, input })
    const large = await embed('text-embedding-3-large', 'cat')
    const small = await embed('text-embedding-3-small', 'cat')
    expect([large, small].map(({ data }) => data[0]!.embedding.length)).toEqual([3072, 1536])
    const tokens = await embed('text-embedding-3-small', [1, 2, 3])
    const lists = await embed('text-embedding-3-small', [[1, 2, 3], [4]])
    expect([tokens, lists].map(({ data, usage }) => [data.length, usage.total_tokens])).toEqual([
      [1, 3],
      [2, 4],
    ])
  })

  it('reports the usage of its script', async () => {
    const usage = { inputTokens: 1000, cachedInputTokens: 900, outputTokens: 50, reasoningTokens: 20 }
    const model = modelOf([{ text: 'Hi.', usage }])
    const client = await openai(model)
    const answer = await client.chat.completions.create({ model: 'gpt-5.4', messages: [user('Hi')] })
    expect(answer.usage).toMatchObject({
      prompt_tokens: 1000,
      completion_tokens: 50,
      prompt_tokens_details: { cached_tokens: 900 },
      completion_tokens_details: { reasoning_tokens: 20 },
    })
    expect(model.calls[0]!.usage).toEqual(usage)
  })

  it('says which call its script has no answer for, once, however often an SDK would ask again', async () => {
    const model = modelOf(['Hello.'])
    const client = await openai(model, { maxRetries: 2 })
    const ask = (text: string) => client.chat.completions.create({ model: 'gpt-4o', messages: [user(text)] })
    await ask('First')
    await expect(ask('Second')).rejects.toThrow(
      "POST /v1/chat/completions (call 2) has no answer: The script has none left (model gpt-4o, last user message 'Second').",
    )
    expect(model.calls).toHaveLength(2)
    expect(() => model.verify()).toThrow('call 2')
  })
})

describe('a test model', () => {
  const ask = (model: TestModel, body: object, path = '/v1/chat/completions') =>
    model.fetch(`https://api.example.com${path}`, { method: 'POST', body: JSON.stringify(body) })
  const sentence = async (response: Response) =>
    ((await response.json()) as { error: { message: string } }).error.message

  it.each<[string, object, string]>([
    ['no model', { messages: [user('Hi')] }, 'POST /v1/chat/completions has no answer: `model` is not a name.'],
    ['no messages', { model: 'gpt-4o' }, 'It has no message'],
    [
      'a tool result without its call',
      { model: 'gpt-4o', messages: [user('Hi'), { role: 'tool', tool_call_id: 'call_1', content: '42' }] },
      "The result for the tool call 'call_1' follows no such call",
    ],
    [
      'a tool call without its result',
      {
        model: 'gpt-4o',
        messages: [
          { role: 'assistant', tool_calls: [{ id: 'call_1', function: { name: 'lookup', arguments: '{}' } }] },
          user('Hi'),
        ],
      },
      'The tool call call_1 has no result',
    ],
  ])('says what it does not understand in a request with %s', async (_, body, problem) => {
    const model = modelOf(['Hello.'])
    const response = await ask(model, body)
    expect([response.status, await sentence(response)]).toEqual([400, expect.stringContaining(problem)])
    expect(model.problems).toEqual([expect.stringContaining(problem)])
    expect(model.calls).toEqual([])
    expect(() => model.verify()).toThrow(problem)
  })

  it('says which requests it knows to one that it does not', async () => {
    const model = modelOf([])
    const response = await model.fetch('https://api.example.com/v1/models')
    expect([response.status, await sentence(response)]).toEqual([
      404,
      expect.stringContaining('GET /v1/models is none of the requests it knows'),
    ])
    const broken = await model.fetch('https://api.example.com/v1/responses', { method: 'POST', body: '{"model' })
    expect([broken.status, await sentence(broken)]).toEqual([
      400,
      expect.stringContaining('POST /v1/responses has no answer'),
    ])
  })

  it('refuses to call a tool that the request does not offer', async () => {
    const model = modelOf([{ toolCalls: [{ name: 'lokup' }] }])
    const response = await ask(model, { model: 'gpt-4o', messages: [user('Hi')], tools: [LOOKUP] })
    expect(await sentence(response)).toContain(
      "The script calls the tool 'lokup'; the functions in the request are [lookup].",
    )
  })

  it.each([
    ['/v1/chat/completions', { messages: [user('Hi')], tools: [{ type: 'custom', custom: { name: 'run_sql' } }] }],
    ['/v1/responses', { input: 'Hi', tools: [{ type: 'custom', name: 'run_sql' }] }],
  ])('refuses to call a tool of the type `custom`, which it cannot, in %s', async (path, body) => {
    const model = modelOf([{ toolCalls: [{ name: 'run_sql' }] }])
    const response = await ask(model, { model: 'gpt-5', ...body }, path)
    expect(await sentence(response)).toContain(
      "The script calls the tool 'run_sql'; the functions in the request are [].",
    )
  })

  it('calls a tool that Anthropic takes for `custom`, as it does every own tool', async () => {
    const model = modelOf([{ toolCalls: [{ name: 'lookup' }] }])
    const tools = [{ type: 'custom', name: 'lookup', input_schema: { type: 'object' } }]
    const body = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [user('Hi')], tools }
    expect((await ask(model, body, '/v1/messages')).status).toBe(200)
  })

  it.each([
    ['/v1/chat/completions', { messages: [user('Hi')], logprobs: true }],
    ['/v1/chat/completions', { messages: [user('Hi')], logprobs: true, top_logprobs: 2 }],
    ['/v1/responses', { input: 'Hi', include: ['message.output_text.logprobs'] }],
    ['/v1/responses', { input: 'Hi', top_logprobs: 2 }],
  ])('refuses a request for `logprobs`, which it does not have, in %s: %j', async (path, body) => {
    const model = modelOf(['Hello.'])
    const response = await ask(model, { model: 'gpt-4o', ...body }, path)
    expect(await sentence(response)).toContain('It asks for `logprobs`, which the test model does not have')
  })

  it.each([
    ['/v1/chat/completions', { messages: [user('Hi')], logprobs: false, top_logprobs: null }],
    ['/v1/responses', { input: 'Hi', include: ['reasoning.encrypted_content'], top_logprobs: 0 }],
  ])('answers a request with `logprobs: false`, in %s', async (path, body) => {
    expect((await ask(modelOf(['Hello.']), { model: 'gpt-4o', ...body }, path)).status).toBe(200)
  })

  it.each([
    ['a tool', { tool_choice: 'none' }, 1, 'The request allows at most 0 tool calls; the script makes 1.'],
    ['tools', { parallel_tool_calls: false }, 2, 'The request allows at most 1 tool calls; the script makes 2.'],
  ])('refuses to call %s where the request forbids it', async (_what, forbidden, calls, problem) => {
    const model = modelOf([{ toolCalls: Array.from({ length: calls }, () => ({ name: 'lookup' })) }])
    const response = await ask(model, { model: 'gpt-4o', messages: [user('Hi')], tools: [LOOKUP], ...forbidden })
    expect(await sentence(response)).toContain(problem)
  })

  it('refuses what a provider refuses: a message of Anthropic without a cap, and an embedding of nothing', async () => {
    const model = modelOf(() => 'Hello.')
    const post = async (path: string, body: object) => {
      const response = await model.fetch(`https://api.example.com${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      })
      return [response.status, await response.text()]
    }
    const message = { model: 'claude-haiku-4-5', messages: [user('Hi')] }
    expect(await post('/v1/messages', message)).toEqual([400, expect.stringContaining('`max_tokens` is missing')])
    for (const input of ['', [], ['cat', '']]) {
      const body = { model: 'text-embedding-3-small', input }
      expect(await post('/v1/embeddings', body)).toEqual([400, expect.stringContaining('`input` is empty')])
    }
  })

  it('asks a function for each answer, and says what that throws or returns amiss', async () => {
    const script = ({ messages }: { messages: readonly { text: string }[] }) => {
      const { text } = messages.at(-1)!
      if (text === 'throw') throw new Error('a bug of the test')
      return text === 'typo' ? ({ txt: 'Hi' } as never) : text === 'none' ? undefined : `You said ${text}`
    }
    const model = modelOf(script)
    const said = async (text: string) => await (await ask(model, { model: 'gpt-4o', messages: [user(text)] })).text()
    expect(await said('hello')).toContain('You said hello')
    expect(await said('throw')).toContain('a bug of the test')
    expect(await said('typo')).toContain('Did you mean `text`?')
    expect(await said('none')).toContain('POST /v1/chat/completions (call 4) has no answer: The script returned none')
    expect(model.problems).toHaveLength(3)
  })

  it('names the answer of a script that cannot be used, when it is made', () => {
    expect(() => testModel({ script: ['Hi', { fault: 'rate_limt' } as never] })).toThrow(
      '`script[1].fault` must be one of rate_limit',
    )
    expect(() => testModel({ script: [{ txt: 'Hi' } as never] })).toThrow('`script[0].txt` is not an option')
  })

  it('reports the answers of the script that were never requested', () => {
    const model = modelOf(['One.', 'Two.'])
    expect(() => model.verify()).toThrow('2 of the answers of the script were not asked for, after 0 calls.')
    modelOf([]).verify()
  })

  it('keeps no key in what it recorded', async () => {
    const model = modelOf(['Hello.'])
    const client = new OpenAI({ apiKey: 'sk-secret', fetch: model.fetch })
    await client.chat.completions.create({ model: 'gpt-4o', messages: [user('Hi')] })
    expect(JSON.stringify(model.calls)).not.toContain('sk-secret')
  })

  it('takes the model from the deployment of Azure', async () => {
    const model = modelOf(['Hello.'])
    const client = new AzureOpenAI({
      endpoint: 'https://any.openai.azure.com',
      apiKey: 'none',
      apiVersion: '2024-10-21',
      fetch: model.fetch,
    })
    await client.chat.completions.create({ model: 'support prod', messages: [user('Hi')] })
    expect(model.calls[0]!.model).toBe('support prod')
  })

  it.each(['chat', 'responses', 'anthropic'] as const)(
    'streams to the AI SDK by %s, whose loop runs tools',
    async (kind) => {
      const toolCalls = ['a', 'b'].map((query) => ({ name: 'lookup', arguments: { query } }))
      const model = modelOf([{ text: 'Wait. ', toolCalls }, 'Done.'])
      const settings = { apiKey: 'none', fetch: model.fetch }
      const models = {
        chat: () => createOpenAI(settings).chat('gpt-4o'),
        responses: () => createOpenAI(settings).responses('gpt-4o'),
        anthropic: () => createAnthropic(settings)('claude-haiku-4-5'),
      }
      const inputSchema = z.object({ query: z.string() })
      const lookup = tool({ description: 'Looks up.', inputSchema, execute: async ({ query }) => `found ${query}` })
      const { textStream } = streamText({
        model: models[kind](),
        prompt: 'Hi',
        tools: { lookup },
        stopWhen: stepCountIs(3),
      })
      let said = ''
      for await (const text of textStream) said += text
      expect(said).toBe('Wait. Done.')
      expect(model.calls[1]!.messages.slice(-2)).toMatchObject([{ text: 'found a' }, { text: 'found b' }])
      model.verify()
    },
  )

  it('takes a conversation that goes on from what a provider keeps', async () => {
    const model = modelOf(['Done.', 'Done.'])
    const output = { type: 'function_call_output', call_id: 'call_1', output: '42' }
    const bodies = [
      { model: 'gpt-4o', previous_response_id: 'resp_1', input: [output] },
      { model: 'gpt-4o', input: [{ type: 'item_reference', id: 'fc_1' }, output] },
    ]
    for (const body of bodies) expect((await ask(model, body, '/v1/responses')).status).toBe(200)
    expect(model.calls[1]!.messages).toEqual([{ role: 'tool', text: '42', toolCallId: 'call_1' }])
  })

  it("works with the tool runner of Anthropic's SDK, which sends only what is new", async () => {
    const model = modelOf([{ toolCalls: [{ name: 'lookup', arguments: {} }] }, 'Done.'])
    const anthropic = new Anthropic({ apiKey: 'none', fetch: model.fetch })
    const lookup = {
      type: 'custom' as const,
      name: 'lookup',
      input_schema: { type: 'object' as const },
      run: () => '42',
      parse: (args: unknown) => args,
    }
    const messages = [{ role: 'user' as const, content: 'Hi' }]
    const runner = anthropic.beta.messages.toolRunner({
      model: 'claude-haiku-4-5',
      max_tokens: 50,
      tools: [lookup],
      messages,
    })
    expect((await runner.runUntilDone()).content).toMatchObject([{ text: 'Done.' }])
    expect(model.calls[1]!.messages.at(-1)).toMatchObject({ role: 'tool', text: '42' })
    model.verify()
  })

  it('waits by the timers of the process, so that those of a test runner move it', async () => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const answer = { text: 'A rather long answer.', latencyMs: 3_600_000, msPerToken: 1000 }
    const model = modelOf([answer, answer])
    const endsAfter = async (stream: boolean) => {
      let isEnded = false
      const begun = Date.now()
      const asked = ask(model, { model: 'gpt-4o', messages: [user('Hi')], stream }).then((response) => response.text())
      void asked.then(() => {
        isEnded = true
      })
      while (!isEnded) await vi.advanceTimersToNextTimerAsync()
      return Date.now() - begun
    }
    expect(await endsAfter(false)).toBe(3_606_000)
    expect(await endsAfter(true)).toBe(3_606_000)
  })

  it('is billed to the nano-dollar by what governs it, whole and streamed', async () => {
    const usage = { inputTokens: 1000, cachedInputTokens: 0, outputTokens: 100 }
    const model = modelOf([
      { text: 'Hi.', usage },
      { text: 'Hi.', usage },
    ])
    const ops = createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 }, defaultTenant: 'contoso' })
    const client = new OpenAI({ apiKey: 'none', fetch: ops.fetch })
    const asked = { model: 'gpt-4o', messages: [user('x'.repeat(4000))], max_completion_tokens: 200 }
    await client.chat.completions.create(asked)
    await client.chat.completions.stream(asked).finalContent()
    expect((await ops.budget.read('contoso')).spentUsd).toBe(2 * 0.0035)
    await ops.close()
  })
})
