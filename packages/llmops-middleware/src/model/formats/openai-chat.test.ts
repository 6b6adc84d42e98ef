import { describe, expect, it } from 'vitest'
import type { StreamReader } from '../wire-format.ts'
import { openAiChat } from './openai-chat.ts'

function readerOf(body: object = {}, url = 'http://127.0.0.1/v1/chat/completions'): StreamReader {
  return openAiChat.streamReader({ url: new URL(url), headers: new Headers(), text: '', body: { ...body } })
}

function read(reader: StreamReader, ...deltas: object[]): number {
  for (const delta of deltas) {
    const choices = [{ index: 0, delta, logprobs: null, finish_reason: null }]
    // As OpenAI pads its events.
    const obfuscation = 'aZ3'.repeat(1 + (Object.keys(delta).length % 3))
    reader.read(undefined, JSON.stringify({ id: 'c', model: 'gpt-4o-mini', choices, usage: null, obfuscation }))
  }
  return reader.deliveredTokens
}

describe('a chat stream whose usage never came', () => {
  it('counts its pieces of text, with their escapes and beside padding', () => {
    const pieces = ['Hello', ' world', '.\n\n', 'It', "'s", ' "', 'quoted', '"', ' text', '\\', ' done']
    expect(read(readerOf(), { role: 'assistant', content: '' }, ...pieces.map((content) => ({ content })))).toBe(
      pieces.length,
    )
  })

  it('counts the whole of tool arguments that come in one piece, behind their quotes too', () => {
    const delivered = JSON.stringify({ city: 'Reykjavik', unit: 'celsius', days: 'tomorrow' })
    const tokens = read(readerOf(), { tool_calls: [{ index: 0, function: { arguments: delivered } }] })
    expect(tokens).toBeGreaterThanOrEqual(delivered.length / 4)
  })

  it.each([
    [
      'two tool calls in one event',
      { tool_calls: [{ function: { arguments: 'a' } }, { function: { arguments: 'b' } }] },
      2,
    ],
    ['text beside a tool call', { content: 'a', tool_calls: [{ function: { name: 'f', arguments: 'b' } }] }, 3],
    ['a refusal', { refusal: 'No' }, 1],
    ['reasoning that is shown', { reasoning_content: 'Hmm' }, 1],
    ['a transcript and half a second of speech', { audio: { transcript: 'Hi', data: 'A'.repeat(32_000) } }, 11],
    ['no names of things', { role: 'assistant', tool_calls: [{ id: 'call_1', type: 'function' }] }, 0],
  ])('counts %s', (_, delta, tokens) => {
    expect(read(readerOf(), delta)).toBe(tokens)
  })

  it('counts a text after a text of another place', () => {
    const reader = readerOf()
    read(reader, { reasoning_content: 'Hmm' }, { reasoning_content: ' yes' }, { content: 'Hello' }, { content: ' you' })
    expect(reader.deliveredTokens).toBe(4)
  })

  it.each([
    ['o3', undefined, true],
    ['gpt-5-mini', undefined, true],
    ['gpt-5-mini', 'minimal', false],
    ['gpt-5-chat-latest', undefined, false],
    ['gpt-4o', undefined, false],
    ['deepseek', 'high', true],
  ])('of %s with effort %s hides tokens: %s', (model, effort, hides) => {
    expect(readerOf({ model, ...(effort ? { reasoning_effort: effort } : {}) }).hidesTokens).toBe(hides)
  })

  it('knows the model behind the name of a deployment by its answer', () => {
    const reader = readerOf({}, 'http://127.0.0.1/openai/deployments/smart/chat/completions')
    expect(reader.hidesTokens).toBe(false)
    reader.read(undefined, JSON.stringify({ model: 'o4-mini-2025-04-16', choices: [] }))
    expect(reader.hidesTokens).toBe(true)
  })
})
