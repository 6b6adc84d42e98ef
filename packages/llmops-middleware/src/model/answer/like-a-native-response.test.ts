import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { inspect } from 'node:util'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { eventsOf } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { createLlmOps } from '../../index.ts'

const EVENTS = eventsOf(
  { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Grüße' }, finish_reason: null }] },
  { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] },
  { choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } },
  '[DONE]',
)
const WHOLE = JSON.stringify({ model: 'gpt-4o', choices: [], usage: { prompt_tokens: 3, completion_tokens: 2 } })
const ERROR = JSON.stringify({ error: { message: 'Grüße', type: 'invalid_request_error', code: null, param: null } })

/** What a server says, by the path under which it says it. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  whole: (response) =>
    response.writeHead(200, 'Fine', { 'content-type': 'application/json', 'set-cookie': ['a=1', 'b=2'] }).end(WHOLE),
  error: (response) => response.writeHead(400, { 'content-type': 'application/json', 'x-request-id': 'r1' }).end(ERROR),
  stream: (response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'x-request-id': 'r1' })
    const middle = EVENTS.indexOf('ü') + 1
    // In two pieces, the second in a turn of its own.
    response.write(EVENTS.slice(0, middle), () => setImmediate(() => response.end(EVENTS.slice(middle))))
  },
  'not-modified': (response) => response.writeHead(304, { etag: '"1"' }).end(),
  unauthorized: (response) => response.writeHead(401).end(),
}

type Observe = (response: Response) => unknown

const proto = Response.prototype
const getter = (name: keyof Response) => Object.getOwnPropertyDescriptor(proto, name)!.get!
const textOf = (bytes: ArrayBuffer | Uint8Array) => Buffer.from(bytes as Uint8Array).toString()

async function readAll(reader: { read(): Promise<{ done: boolean; value?: Uint8Array | undefined }> }) {
  let text = ''
  const decoder = new TextDecoder()
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    text += decoder.decode(read.value, { stream: true })
  }
  return text
}

async function iterated(pieces: AsyncIterable<Uint8Array>) {
  const decoder = new TextDecoder()
  let text = ''
  for await (const piece of pieces) text += decoder.decode(piece, { stream: true })
  return text
}

/** What the moment and the connection say, and a route. */
const UNTOLD = ['date', 'connection', 'keep-alive', 'transfer-encoding', 'x-should-retry']
/** Those of the provider: ours stand beside them. */
const headersOf = ({ headers }: Response) =>
  [...headers].filter(([name]) => !UNTOLD.includes(name) && !name.startsWith('x-llmops-'))

const byob = (response: Response) => {
  const reader = response.body!.getReader({ mode: 'byob' })
  return readAll({ read: () => reader.read(new Uint8Array(7)) })
}

const READING: Readonly<Record<string, Observe>> = {
  'text()': (response) => response.text(),
  'json()': (response) => response.json(),
  'arrayBuffer()': async (response) => textOf(await response.arrayBuffer()),
  'bytes()': async (response) => textOf(await response.bytes()),
  'blob()': async (response) => {
    const blob = await response.blob()
    return [blob.type, blob.size, await blob.text()]
  },
  'formData()': (response) => response.formData(),
  'for await': (response) => iterated(response.body!),
  'values()': (response) => iterated(response.body!.values()),
  'a reader': (response) => readAll(response.body!.getReader()),
  'a reader with memory of its own': byob,
  'a node stream': (response) => iterated(Readable.fromWeb(response.body as never)),
  pipeThrough: (response) => iterated(response.body!.pipeThrough(new TransformStream()) as AsyncIterable<Uint8Array>),
  'tee()': async (response) => Promise.all(response.body!.tee().map((body) => iterated(body))),
  'ReadableStream.prototype.getReader': (response) =>
    readAll(ReadableStream.prototype.getReader.call(response.body) as never),
  'both of a clone': async (response) => {
    const clone = response.clone()
    return [headersOf(clone), clone.url, clone.type, await clone.text(), await response.text()]
  },
  'a clone of a clone': async (response) => (await response.clone().clone().bytes()).length,
  'new Response(body, response)': async (response) => {
    const copy = new Response(response.body, response)
    return [copy.status, copy.statusText, headersOf(copy), await copy.text()]
  },
  'its constructor': async (response) => {
    const copy = new (response.constructor as typeof Response)(response.body, response)
    return [copy.status, headersOf(copy), await copy.text()]
  },
  ...Object.fromEntries(
    (['text', 'json', 'arrayBuffer', 'bytes', 'blob', 'formData'] as const).map((name) => [
      `Response.prototype.${name}`,
      async (response: Response) => {
        const read: unknown = await (proto[name] as () => Promise<unknown>).call(response)
        return read instanceof Blob ? read.text() : read instanceof ArrayBuffer ? textOf(read) : read
      },
    ]),
  ),
  'Response.prototype.clone': async (response) => {
    const clone = proto.clone.call(response)
    return [clone.status, headersOf(clone), await clone.text(), await response.text()]
  },
}

const LOOKING: Readonly<Record<string, Observe>> = {
  'the head': ({ status, statusText, ok, redirected, type, bodyUsed }) => [
    status,
    statusText,
    ok,
    redirected,
    type,
    bodyUsed,
  ],
  'the url': ({ url }) => new URL(url).pathname,
  'the headers': headersOf,
  'the cookies': ({ headers }) => headers.getSetCookie(),
  'the getters of Response.prototype': (response) =>
    (['status', 'statusText', 'ok', 'bodyUsed', 'redirected'] as const).map((name) => getter(name).call(response)),
  'the headers by Response.prototype': (response) =>
    headersOf({ headers: getter('headers').call(response) } as Response),
  'whether it has a body': ({ body }) => [body === null, body?.locked, body instanceof ReadableStream],
  'the same body each time': (response) => new Set([response.body, response.body]).size,
  instanceof: (response) => response instanceof Response,
  'Symbol.toStringTag': (response) => Object.prototype.toString.call(response),
  'String()': String,
  structuredClone: (response) => structuredClone(response),
  'a proxy around it': (response) => new Proxy(response, {}).status,
  'its own keys': (response) => [Object.keys(response), JSON.stringify(response)],
  'what is in it': (response) =>
    Object.getOwnPropertyNames(proto).every((name) => name in response) && Symbol.asyncIterator in response,
  'util.inspect': (response) =>
    inspect(response).replaceAll(
      / *'?(date|connection|keep-alive|transfer-encoding|x-should-retry|x-llmops-[a-z-]+)'?:.*\n/g,
      '',
    ),
  'spreading it': (response) => ({ ...response }),
}

/** What is so after it was read once, in another way. */
const READING_TWICE: Readonly<Record<string, Observe>> = Object.fromEntries(
  ['text()', 'json()', 'bytes()', 'for await', 'a reader', 'Response.prototype.text', 'tee()'].flatMap((first) =>
    ['text()', 'json()', 'blob()', 'both of a clone', 'for await', 'a reader', 'Response.prototype.text'].map(
      (next) => [
        `${first}, then ${next}`,
        async (response: Response) => {
          await READING[first]!(response)
          const state = [response.bodyUsed, getter('bodyUsed').call(response), response.body?.locked]
          return [...state, await outcomeOf(READING[next]!, response)]
        },
      ],
    ),
  ),
)

const LEAVING: Readonly<Record<string, Observe>> = {
  'cancelled before it is read': async (response) => {
    await response.body!.cancel()
    return [response.bodyUsed, response.body!.locked, await outcomeOf(READING['text()']!, response)]
  },
  'held by a reader': async (response) => {
    response.body!.getReader()
    return [
      response.bodyUsed,
      await outcomeOf(READING['text()']!, response),
      await outcomeOf((r) => r.clone(), response),
    ]
  },
  'left in the first round': async (response) => {
    for await (const _ of response.body!) break
    return [response.bodyUsed, response.body!.locked, await outcomeOf(READING['text()']!, response)]
  },
  'let go by its reader': async (response) => {
    response.body!.getReader().releaseLock()
    return [response.bodyUsed, await response.text()]
  },
}

/** What is returned, or what is thrown. */
async function outcomeOf(observe: Observe, response: Response): Promise<unknown> {
  try {
    return await observe(response)
  } catch (error) {
    return { thrown: (error as Error).name, message: (error as Error).message }
  }
}

describe.each(TRANSPORTS)('what a governed fetch over %s returns is a Response', (_, transport) => {
  let url: string
  let governed: ReturnType<typeof createLlmOps>
  const server = createServer((request, response) => {
    request.resume()
    ANSWERS[/[^/]*/.exec(request.url!.slice(1))![0]]!(response)
  })

  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    governed = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 100 }, fetch: transport() })
  })
  afterAll(async () => {
    server.closeAllConnections()
    server.close()
    await governed.close({ timeoutMs: 0 })
  })

  /** One for each answer: a target that failed with the one before may not be asked for the next. */
  function routedOps() {
    const targets = [{ name: 'only', model: 'gpt-4o' }]
    const route = { targets, retriesPerTarget: 0 }
    const ops = createLlmOps({ defaultTenant: 'contoso', fetch: transport(), route })
    onTestFinished(() => ops.close({ timeoutMs: 0 }))
    return ops
  }

  const observations = { ...LOOKING, ...READING, ...READING_TWICE, ...LEAVING }

  it.each(Object.keys(ANSWERS).flatMap((answer) => [false, true].map((isRouted) => [answer, isRouted] as const)))(
    'like the native one of the same answer: %s, routed: %s',
    async (answer, isRouted) => {
      const ask = (send: typeof fetch) =>
        send(`${url}/${answer}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({
            model: 'gpt-4o',
            messages: [],
            stream: answer === 'stream',
            stream_options: { include_usage: true },
          }),
        })
      const ours = (isRouted ? routedOps() : governed).fetch
      for (const [name, observe] of Object.entries(observations)) {
        const expected = await outcomeOf(observe, await ask(fetch))
        expect([name, await outcomeOf(observe, await ask(ours))]).toEqual([name, expected])
      }
    },
  )
})
