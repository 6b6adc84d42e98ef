import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { generateText, isStepCount } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { answeringServer } from '../../test/support/answering-server.ts'
import { createToolFactory } from './index.ts'

const tool = createToolFactory()
const parameters = {
  type: 'object',
  required: ['city'],
  properties: { city: { type: 'string' }, stay: { type: 'object', properties: { nights: { type: 'integer' } } } },
}
const book = () =>
  tool({
    name: 'book',
    description: 'Books a room',
    parameters,
    run: (args, { wasRepaired }) => ({ args, wasRepaired }),
  })

describe('the definition of a tool', () => {
  it('has the name, the description and the parameters that the model reads', () => {
    const { name, description, parameters } = tool({
      name: 'book',
      description: 'Books a room',
      parameters: z.object({ city: z.string() }),
      run: () => 1,
    })
    expect({ name, description, parameters }).toEqual({
      name: 'book',
      description: 'Books a room',
      parameters: {
        type: 'object',
        properties: { city: { type: 'string' } },
        required: ['city'],
      },
    })
  })

  it('is sent unchanged by the SDK of each provider', async () => {
    const { url, asked } = await answeringServer(() => ({ output: [], choices: [], content: [] }))
    const { definition, responsesDefinition, anthropicDefinition } = book()
    const openai = new OpenAI({ baseURL: url, apiKey: 'any' })
    const messages = [{ role: 'user' as const, content: 'hi' }]
    await openai.chat.completions.create({ model: 'any', messages, tools: [definition] })
    await openai.responses.create({ model: 'any', input: 'hi', tools: [responsesDefinition] })
    const anthropic = new Anthropic({ baseURL: url, apiKey: 'any' })
    await anthropic.messages.create({ model: 'any', max_tokens: 9, messages, tools: [anthropicDefinition] })
    const described = { name: 'book', description: 'Books a room' }
    expect(asked.map(({ body }) => (body['tools'] as unknown[])[0])).toEqual([
      { type: 'function', function: { ...described, parameters } },
      { type: 'function', ...described, parameters, strict: false },
      { ...described, input_schema: parameters },
    ])
  })

  it('lets the AI SDK call the tool, which repairs the arguments of the model', async () => {
    const call = {
      type: 'function',
      id: 'call_1',
      function: { name: 'book', arguments: '{"city":"Oslo","stay":{"nights":"2"}}' },
    }
    const answers = [
      { role: 'assistant', tool_calls: [call] },
      { role: 'assistant', content: 'Done.' },
    ]
    const { url, asked } = await answeringServer((_, index) => ({
      id: 'c',
      created: 1,
      model: 'any',
      choices: [{ index: 0, finish_reason: index === 0 ? 'tool_calls' : 'stop', message: answers[index] }],
    }))
    const model = createOpenAI({ baseURL: url, apiKey: 'any' }).chat('any')
    const { aiSdkTool, parameters } = book()
    const { text } = await generateText({ model, prompt: 'hi', tools: { book: aiSdkTool }, stopWhen: isStepCount(2) })
    expect(text).toBe('Done.')
    const [first, second] = asked.map(({ body }) => body as { messages: { content: string }[]; tools: unknown[] })
    const described = { name: 'book', description: 'Books a room', parameters }
    expect(first!.tools).toMatchObject([{ type: 'function', function: described }])
    expect(JSON.parse(second!.messages.at(-1)!.content)).toEqual({
      args: { city: 'Oslo', stay: { nights: 2 } },
      wasRepaired: true,
    })
    // The AI SDK changes the schema that it gets, which must not be ours.
    expect(JSON.stringify(parameters)).not.toContain('additionalProperties')
  })
})
