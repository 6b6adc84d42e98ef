import { countChatCompletionTokens, countTokens } from 'gpt-tokenizer/model/gpt-4o'
import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { promptText } from './prompt-text.ts'

const held = (body: object) => {
  const { text, tokens } = promptText(body as Record<string, unknown>, () => false)
  return countTokens(text) + tokens
}

/** As a cookbook of OpenAI counts a chat: three tokens around each message, three before the answer. */
const billed = (messages: readonly { role: string; content: string }[]) =>
  messages.reduce((sum, { role, content }) => sum + 3 + countTokens(role) + countTokens(content), 3)

const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 200 }),
  fc.constantFrom('\n', '\n\n', '  ', 'Two\nlines.\n', '{"a":"\\"b\\""}', 'Grüße, 日本 🙂', 'plain words in a row'),
)
const messages = fc.array(fc.record({ role: fc.constantFrom('system', 'user', 'assistant'), content: text }), {
  minLength: 1,
  maxLength: 8,
})

describe('the text that a tokenizer of your own is given', () => {
  it('counts no less than the chat is billed, and little more', () => {
    fc.assert(
      fc.property(messages, (messages) => {
        const tokens = held({ model: 'gpt-4o', messages, temperature: 0 })
        expect(tokens).toBeGreaterThanOrEqual(billed(messages))
        expect(tokens).toBeLessThanOrEqual(billed(messages) + 4 * messages.length + 4)
      }),
    )
  })

  it('is the same in parts, and as input of a response', () => {
    fc.assert(
      fc.property(messages, (messages) => {
        const parts = messages.map(({ role, content }) => ({ role, content: [{ type: 'text', text: content }] }))
        expect(held({ messages: parts })).toBeGreaterThanOrEqual(billed(messages))
        const items = messages.map(({ role, content }) => ({
          type: 'message',
          role,
          content: [{ type: 'input_text', text: content }],
        }))
        expect(held({ model: 'gpt-4o', input: items })).toBeGreaterThanOrEqual(billed(messages))
      }),
    )
    expect(held({ input: 'Hello' })).toBeGreaterThanOrEqual(billed([{ role: 'user', content: 'Hello' }]))
  })

  it('counts no less than definitions of functions', () => {
    const functions = [
      {
        name: 'get_weather',
        description: 'Look up the weather for a city.',
        parameters: {
          type: 'object' as const,
          required: ['city'],
          properties: {
            city: { type: 'string' as const, description: 'Its name in English' },
            unit: { type: 'string' as const, enum: ['celsius', 'fahrenheit'] },
            days: { type: 'array' as const, items: { type: 'integer' as const } },
          },
        },
      },
    ]
    const messages = [{ role: 'user', content: 'Find the weather for San Francisco.' }]
    const tools = functions.map((definition) => ({ type: 'function', function: definition }))
    const true_ = countChatCompletionTokens!({ messages, functions })
    expect(held({ messages, tools })).toBeGreaterThanOrEqual(true_)
    expect(held({ messages, tools })).toBeLessThanOrEqual(1.5 * true_)
    expect(held({ messages, functions })).toBeGreaterThanOrEqual(true_)
  })

  it('has an unknown part as JSON, to the last character', () => {
    const strange = { type: 'hologram', shape: { name: 'cube', 'a b': ['x', { y: 1 }] } }
    const { text } = promptText(
      { messages: [{ role: 'user', content: [strange] }], unheard_of: { z: 'q' } },
      () => false,
    )
    expect(text).toContain(JSON.stringify(strange))
    expect(text).toContain('{"z":"q"}')
  })

  it('leaves out base64, settings and ids', () => {
    const image = { type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }
    const call = { id: 'call_123', type: 'function', function: { name: 'look', arguments: '{"a":1}' } }
    const { text } = promptText(
      {
        model: 'gpt-4o',
        metadata: { who: 'ada' },
        messages: [
          { role: 'user', content: [image] },
          { role: 'assistant', content: null, tool_calls: [call] },
        ],
      },
      (holder, name) => holder === image.image_url && name === 'url',
    )
    expect(text).toBe('user\n{"type":"image_url","image_url":{}}\nassistant\nlook\n{"a":1}')
  })

  it('counts each token of an input that is tokens already', () => {
    expect(promptText({ model: 'text-embedding-3-small', input: [[1, 2, 3], [4]] }, () => false)).toEqual({
      text: '',
      tokens: 3 + 4,
    })
  })
})
