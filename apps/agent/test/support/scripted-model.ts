import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type OpenAI from 'openai'
import { onTestFinished } from 'vitest'

/** What `choices[0].delta` of an event is, as a provider wrote it. */
export type Delta = object | null

export type ScriptedModel = {
  readonly url: string
  /** What it was asked, in order. */
  readonly requests: readonly OpenAI.ChatCompletionCreateParams[]
}

const ANSWER: Delta = { content: 'It is on its way.' }

/**
 * A provider on loopback that streams the deltas of the first answer to the first request, and so on, and a text where
 * there are none. It knows nothing of how a delta should look and of no cap, so it can say what the local model never
 * would. Ends with the test.
 */
export async function startScriptedModel(...answers: readonly (readonly Delta[])[]): Promise<ScriptedModel> {
  const requests: OpenAI.ChatCompletionCreateParams[] = []
  const server = createServer(async (request, response) => {
    const deltas = answers[requests.length] ?? []
    requests.push((await json(request)) as OpenAI.ChatCompletionCreateParams)
    response.setHeader('content-type', 'text/event-stream')
    response.end(deltas.length > 0 ? events(deltas, 'tool_calls') : events([ANSWER], 'stop'))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

function events(deltas: readonly Delta[], finishReason: string): string {
  const head = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'gpt-5.4-mini' }
  const chunk = (delta: Delta, reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  })
  const usage = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 }
  const chunks = [...deltas.map((delta) => chunk(delta)), chunk({}, finishReason), { ...head, choices: [], usage }]
  return `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`
}
