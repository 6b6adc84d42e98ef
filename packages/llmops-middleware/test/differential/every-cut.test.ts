import { createParser, type EventSourceMessage } from 'eventsource-parser'
import { describe, expect, it } from 'vitest'
import { createLlmOps, StreamBrokenError } from '../../src/index.ts'
import { eventsOf, type FormatName, MODELS, type Script } from './answers.ts'
import { PLAIN_STYLE, type WireAnswer, written } from './wire-answer.ts'
import { wireFetch } from './wire-server.ts'

const SCRIPT: Script = {
  texts: ['Zahle ', '10', ' € 😀'],
  argumentPieces: ['{"usd":1', '0,"to":"ada"}'],
  hasUsage: true,
  extra: {},
  padding: 'aX4',
  hasDone: true,
}
const messages = [{ role: 'user', content: 'Pay ada' }]
const REQUESTS: Readonly<Record<FormatName, readonly [url: string, body: object]>> = {
  chat: ['https://models.example/v1/chat/completions', { model: MODELS.chat, messages, max_completion_tokens: 50 }],
  responses: ['https://models.example/v1/responses', { model: MODELS.responses, input: 'Pay', max_output_tokens: 50 }],
  messages: ['https://models.example/v1/messages', { model: MODELS.messages, messages, max_tokens: 50 }],
}

let sent: WireAnswer
const fetch: typeof globalThis.fetch = (...given) => wireFetch(sent)(...given)
const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1_000_000 }, fetch })

/** What is read of a body that has only these bytes, and then ends or breaks. */
async function read(format: FormatName, bytes: Uint8Array, ending: 'end' | 'reset') {
  const [url, body] = REQUESTS[format]
  sent = { status: 200, headers: { 'content-type': 'text/event-stream' }, pieces: [bytes], ending }
  const response = await ops.fetch(url, { method: 'POST', body: JSON.stringify({ ...body, stream: true }) })
  const pieces: Uint8Array[] = []
  try {
    for await (const piece of response.body!) pieces.push(piece)
    return { text: Buffer.concat(pieces) }
  } catch (error) {
    return { text: Buffer.concat(pieces), error }
  }
}

/** By a parser that is not ours: the events that can be read. SDKs take a last one without its blank line too. */
function wholeEvents(bytes: Uint8Array): EventSourceMessage[] {
  const events: EventSourceMessage[] = []
  createParser({ onEvent: (event) => events.push(event) }).feed(`${Buffer.from(bytes)}\n\n`)
  return events.filter(({ data }) => data === '[DONE]' || isJson(data))
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function saysItIsWhole({ data }: EventSourceMessage): boolean {
  return /"finish_reason":"|"type":"(response\.completed|message_stop)"|^\[DONE\]/.test(data)
}

describe.each(Object.keys(REQUESTS) as FormatName[])('a stream of %s that is cut at any byte', (format) => {
  const bytes = Buffer.from(written(eventsOf(format, SCRIPT), PLAIN_STYLE))

  it.each(['end', 'reset'] as const)(
    'is an error unless it said that it is whole, and passes on nothing else: %s',
    async (ending) => {
      for (let length = 0; length <= bytes.length; length++) {
        const part = bytes.subarray(0, length)
        const { text, error } = await read(format, part, ending)
        const where = `${length} of ${bytes.length}`
        // What was passed on is the beginning of what was sent.
        if (!part.subarray(0, text.length).equals(text)) expect(text, where).toEqual(part)
        if (!wholeEvents(part).some(saysItIsWhole)) expect(error, where).toBeInstanceOf(StreamBrokenError)
        else if (ending === 'reset') expect(error, where).toBeInstanceOf(Error)
        else if (error) expect(error, where).toMatchObject({ cause: expect.any(SyntaxError) })
      }
      await ops.budget.drain()
      expect(await ops.budget.read('contoso')).toMatchObject({ heldUsd: 0 })
    },
  )
})
