import { describe, expect, it } from 'vitest'
import { openAiChat } from './openai-chat.ts'

describe('a chat stream whose usage never came', () => {
  it('counts the whole of tool arguments that come in one piece, behind their quotes too', () => {
    const reader = openAiChat.streamReader({
      url: new URL('http://127.0.0.1'),
      headers: new Headers(),
      text: '',
      body: {},
    })
    const delivered = JSON.stringify({ city: 'Reykjavik', unit: 'celsius', days: 'tomorrow' })
    const delta = { tool_calls: [{ index: 0, function: { arguments: delivered } }] }
    reader.read(undefined, JSON.stringify({ choices: [{ index: 0, delta, finish_reason: null }] }))
    expect(reader.deliveredTokens).toBeGreaterThanOrEqual(delivered.length / 4)
  })
})
