import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { json } from 'node:stream/consumers'
import type OpenAI from 'openai'
import { onTestFinished } from 'vitest'

/** The `choices[0].delta` of an event, as a provider sends it, and why the answer ended, if that is to be sent. */
export type Delta = { readonly finish_reason?: string; readonly [field: string]: unknown } | null

export type ScriptedModel = {
  readonly url: string
  /** The requests so far, in order. */
  readonly requests: readonly OpenAI.ChatCompletionCreateParams[]
}

const ANSWER: Delta = { content: 'It is on its way.' }

/**
 * Starts a provider on loopback that responds to each request with the next answer, and with a text when none is left.
 * It streams the deltas of the answer; if no stream is requested, the first delta is the message. It checks nothing, so
 * it can send what the local model never would. It stops when the test ends.
 */
export async function startScriptedModel(...answers: readonly (readonly Delta[])[]): Promise<ScriptedModel> {
  const requests: OpenAI.ChatCompletionCreateParams[] = []
  const server = createServer(async (request, response) => {
    // Another test may still send requests to this port, which was its own before.
    if (request.method !== 'POST') return void response.writeHead(404).end()
    const deltas = answers[requests.length] ?? []
    // Undefined if the client disconnected before it sent the whole body.
    const asked = (await json(request).catch(() => undefined)) as OpenAI.ChatCompletionCreateParams | undefined
    if (asked === undefined) return void response.writeHead(400).end()
    requests.push(asked)
    const said = deltas.length > 0 ? deltas : [ANSWER]
    const finishReason = said.at(-1)?.finish_reason ?? (deltas.length > 0 ? 'tool_calls' : 'stop')
    response.setHeader('content-type', asked.stream ? 'text/event-stream' : 'application/json')
    response.end(asked.stream ? events(said, finishReason) : whole(said[0]!, finishReason))
  }).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests }
}

const HEAD = { id: 'chatcmpl-1', created: 1, model: 'gpt-5.4-mini' }
const USAGE = { prompt_tokens: 10, completion_tokens: 10, total_tokens: 20 }

function whole(message: Delta, finishReason: string): string {
  const choices = [{ index: 0, message: { role: 'assistant', ...message }, finish_reason: finishReason }]
  return JSON.stringify({ ...HEAD, object: 'chat.completion', choices, usage: USAGE })
}

function events(deltas: readonly Delta[], finishReason: string): string {
  const head = { ...HEAD, object: 'chat.completion.chunk' }
  const chunk = (delta: Delta, reason: string | null = null) => ({
    ...head,
    choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }],
  })
  const chunks = [
    ...deltas.map((delta) => chunk(delta)),
    chunk({}, finishReason),
    { ...head, choices: [], usage: USAGE },
  ]
  return `${chunks.map((each) => `data: ${JSON.stringify(each)}\n\n`).join('')}data: [DONE]\n\n`
}
