import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { expect, it } from 'vitest'
import { createLlmOps, ToolUnavailable } from '../index.ts'

const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
const of = (characters: string, length: number) =>
  fc
    .array(fc.constantFrom(...characters), { minLength: length, maxLength: length })
    .map((all) => all.join(''))
    // What issuers make of random bytes has both.
    .filter((text) => (text.match(/\d/g) ?? []).length >= 3 && (text.match(/[a-zA-Z]\d|\d[a-zA-Z]/g) ?? []).length >= 4)

/** A key as issuers make them, and how it stands in a sentence. */
const key = fc.oneof(
  of(letters, 48).map((body) => `sk-${body}`),
  of(letters, 40).map((body) => `sk-proj-${body}`),
  of(letters, 60).map((body) => `sk-ant-api03-${body}`),
  of(letters, 64).map((body) => `sk-or-v1-${body}`),
  of(letters, 35).map((body) => `AIza${body}`),
  of('0123456789abcdef', 32),
  of(letters, 84),
  of(letters, 36).map((body) => `ghp_${body}`),
  of(letters, 52).map((body) => `gsk_${body}`),
  of('ABCDEFGHIJKLMNOPQRSTUVWXYZ234567', 16).map((body) => `AKIA${body}`),
  fc.tuple(of(letters, 30), of(letters, 80), of(letters, 43)).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`),
)
const password = of(letters, 14)

type Said = { readonly secret: string; readonly text: string }
const said: fc.Arbitrary<Said> = fc.oneof(
  key.chain((secret) =>
    fc
      .constantFrom(
        `Incorrect API key provided: ${secret}. You can find your key in the console.`,
        `Authorization: Bearer ${secret}`,
        `{"headers":{"api-key":"${secret}","accept":"*/*"}}`,
        `headers: { 'x-api-key': '${secret}' }`,
        `POST /v1/chat HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${secret}\r\n\r\n`,
        `Client error for url 'https://models.example.com/v1:generate?alt=sse&key=${secret}'`,
        `request to https://models.example.com/v1?api-version=1&subscription-key=${secret} failed`,
        `Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=root;SharedAccessKey=${secret}`,
        `invalid token ${secret}`,
        `OPENAI_API_KEY=${secret} node app.js exited with 1`,
        `cookie: session=${secret}; theme=dark`,
        `\u001b[31mkey ${secret}\u001b[0m`,
        `${'a long story '.repeat(500)} ${secret}`,
        `${secret}`,
      )
      .map((text) => ({ secret, text })),
  ),
  password.chain((secret) =>
    fc
      .constantFrom(
        `connect ECONNREFUSED redis://default:${secret}@cache.example.com:6380`,
        `postgres://app:${secret}@db:5432/x is not reachable`,
        `password=${secret} was refused`,
        `{"password": "${secret}", "user": "app"}`,
        `Authorization: Basic ${secret}==`,
        `https://store.blob.core.windows.net/a?sv=2024&sig=${secret}`,
        `client_secret=${secret}&grant_type=client_credentials`,
        `PGPASSWORD: ${secret}`,
      )
      .map((text) => ({ secret, text })),
  ),
)

/** Everywhere that an error can carry a text. */
const PLACES: readonly ((text: string, secret: string) => unknown)[] = [
  (text) => new Error(text),
  (text) => new Error('outer', { cause: new Error(text) }),
  (text) => new Error('outer', { cause: text }),
  (text) => new AggregateError([new Error('one'), new Error(text)], 'all failed'),
  (text) => Object.assign(new Error('failed'), { lastError: new Error(text), causes: [text] }),
  (text, secret) =>
    Object.assign(new Error('Request failed with status code 403'), {
      isAxiosError: true,
      status: 403,
      config: { headers: { Authorization: `Bearer ${secret}` }, url: text },
      request: { _header: text },
      response: { headers: { 'set-cookie': [secret] }, data: text },
    }),
  (text, secret) =>
    Object.assign(new Error('failed'), { code: secret, name: secret, stack: `Error: ${text}\n    at ${secret}` }),
  (text) => text,
  (text) => ({ message: text, toString: () => text }),
  (text, secret) =>
    Object.assign(new Error(`failed: ${text}`), { [Symbol.toPrimitive]: () => secret, toJSON: () => secret }),
]

/** No part of it that somebody could recognise it by, or guess the rest from. */
function partsOf(secret: string): readonly string[] {
  const length = Math.min(12, secret.length)
  return Array.from({ length: secret.length - length + 1 }, (_, at) => secret.slice(at, at + length))
}

it.each([
  [
    'what a task throws',
    async (ops: ReturnType<typeof createLlmOps>, thrown: unknown) =>
      ops.task({ tenant: 'contoso' }, () => Promise.reject(thrown)),
  ],
  [
    'what a tool throws, and what it falls back from',
    async (ops: ReturnType<typeof createLlmOps>, thrown: unknown) => {
      const described = { name: 'look', description: 'Looks', parameters: { type: 'object' as const } }
      const fails = ops.tool({ ...described, run: () => Promise.reject(thrown) })
      await fails.call({}).catch(() => {})
      const unavailable = () => Promise.reject(new ToolUnavailable('look', { cause: thrown }))
      const falls = ops.tool({ ...described, effect: 'read', run: unavailable, fallbacks: [() => 1] })
      await falls.call({})
    },
  ],
])('no line contains a secret of %s, wherever the secret is', async (_, act) => {
  await fc.assert(
    fc.asyncProperty(said, fc.constantFrom(...PLACES), async ({ secret, text }, place) => {
      const written: string[] = []
      const write = (...line: unknown[]) => void written.push(JSON.stringify(line))
      const ops = createLlmOps({ logger: { info: write, warn: write, error: write } })
      await act(ops, place(text, secret)).catch(() => {})
      expect(written.length).toBeGreaterThan(0)
      const all = written.join('\n')
      for (const part of partsOf(secret)) expect(all).not.toContain(part)
    }),
  )
})

it('no line contains a secret of a provider’s response, or one of the request', async () => {
  await fc.assert(
    fc.asyncProperty(said, fc.constantFrom('json', 'text', 'html', 'network'), async ({ secret, text }, how) => {
      const written: string[] = []
      const write = (...line: unknown[]) => void written.push(JSON.stringify(line))
      const provider = async () => {
        if (how === 'network') throw new TypeError('fetch failed', { cause: new Error(text) })
        if (how === 'text') return new Response(text, { status: 502 })
        if (how === 'html') return new Response(`<html><title>${text}</title>`, { status: 502 })
        return Response.json({ error: { message: text, code: secret, type: text } }, { status: 401 })
      }
      const ops = createLlmOps({
        fetch: provider as typeof fetch,
        logger: { info: write, warn: write, error: write },
      })
      const openai = new OpenAI({
        apiKey: secret,
        defaultQuery: { key: secret },
        maxRetries: 0,
        fetch: ops.fetch,
        baseURL: 'http://127.0.0.1:9/v1',
      })
      await ops
        .task({ tenant: 'contoso' }, () => openai.chat.completions.create({ model: 'gpt-4o', messages: [] }))
        .catch(() => {})
      expect(written.length).toBe(2)
      const all = written.join('\n')
      for (const part of partsOf(secret)) expect(all).not.toContain(part)
    }),
  )
})

it.each([
  'The model `gpt-9-turbo-preview-2026-01-01` does not exist or you do not have access to it.',
  "This model's maximum context length is 128000 tokens. However, your messages resulted in 140213 tokens.",
  'Rate limit reached for gpt-4o in organization org-x on tokens per min (TPM): Limit 30000, Used 29000, Requested 2000.',
  'The token is expired; the authorization token type is not supported.',
  "Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.",
  'connect ECONNREFUSED 127.0.0.1:6379',
  'getaddrinfo ENOTFOUND my-account-with-a-long-name-in-sweden.openai.azure.com',
  'Request id req_8f14e45fceea167a5a36dedd4bea2543 failed; task 123e4567-e89b-12d3-a456-426614174000.',
  'accounts/fireworks/models/llama-v3p1-405b-instruct is overloaded',
])('writes a sentence without a secret whole: %s', async (sentence) => {
  const written: string[] = []
  const write = (_fields: unknown, message: string) => void written.push(message)
  const ops = createLlmOps({ logger: { info: write, warn: write, error: write } })
  await ops.task({ tenant: 'contoso' }, () => Promise.reject(new Error(sentence))).catch(() => {})
  expect(written[0]).toContain(sentence)
})
