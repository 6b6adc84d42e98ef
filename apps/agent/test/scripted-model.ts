import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** What `choices[0].delta` of an event is, byte for byte as a provider wrote it. */
export type Delta = object | null

/**
 * A provider on loopback that streams these deltas to the first request and a text to every later one. It knows nothing
 * of how a delta should look, so it can say what the local model never would. Ends with the test.
 */
export async function startScriptedModel(deltas: readonly Delta[], finishReason = 'tool_calls'): Promise<string> {
  let requests = 0
  const server = createServer((request, response) => {
    request.resume()
    const isFirst = requests++ === 0
    const events = isFirst ? deltas.map((delta) => chunk(delta)) : [chunk({ content: 'It is on its way.' })]
    const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 }
    const closing = [chunk({}, isFirst ? finishReason : 'stop'), { ...head, choices: [], usage }]
    response.setHeader('content-type', 'text/event-stream')
    response.end(
      `${[...events, ...closing].map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`,
    )
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.4-mini' }

function chunk(delta: Delta, finishReason: string | null = null) {
  return { ...head, choices: [{ index: 0, delta, logprobs: null, finish_reason: finishReason }] }
}
