import { globSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import Anthropic from '@anthropic-ai/sdk'
import OpenAI, { AzureOpenAI, toFile } from 'openai'
import { describe, expect, it } from 'vitest'
import { answeringServer } from '../../../test/support/answering-server.ts'
import { createLlmOps, InvalidOptionError, type LlmOpsOptions } from '../../index.ts'
import { WIRE_FORMATS } from '../formats/index.ts'
import { canonicalUrl } from './canonical-url.ts'
import { classifyEndpoint } from './classify-endpoint.ts'

/** A governed fetch of a tenant who may spend nothing, before a provider that answers all that it is sent. */
function governed(options: LlmOpsOptions = {}) {
  const sent: string[] = []
  const counted: string[][] = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const { method, url } = new Request(input, init)
    // SDKs try what the fetch can do.
    if (!url.startsWith('data:')) sent.push(`${method} ${url}`)
    return Response.json({ id: 'x', object: 'list', data: [], input_tokens: 1 })
  }
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 0 }, fetch, ...options })
  ops.sli.ungoverned = (...call) => counted.push(call as string[])
  const post = async (url: string, body: string = '{"model":"gpt-4o","input":"Hi"}') => {
    const response = await ops.fetch(url, { method: 'POST', body })
    return { status: response.status, body: (await response.json()) as { error: { code: string; message: string } } }
  }
  return { ops, sent, counted, post }
}

/** Every path that a resource of an SDK posts to, as it is in its source. */
function postsOf(sdk: string): string[] {
  const folder = dirname(fileURLToPath(import.meta.resolve(sdk)))
  const sources = globSync(`${folder}/{resources,lib}/**/*.mjs`).map((file) => readFileSync(file, 'utf8'))
  const posts = sources.flatMap((source) => [
    ...source.matchAll(/\.post\(\s*(?:path ?)?['"`]([^'"`]+)/g),
    ...source.matchAll(/getAPIList\((?:path ?)?['`]([^'`]+)['`](?:(?!_client)[\s\S])*?method: 'post'/g),
  ])
  return [...new Set(posts.map(([, path]) => path!.replace(/\$\{[^}]+\}/g, 'id_1')))].sort()
}

function kindOf(url: string): string {
  const { href, hostname, pathname } = canonicalUrl(new URL(url))
  if (WIRE_FORMATS.some((format) => format.recognises(new URL(href)))) return 'priced'
  return classifyEndpoint(hostname, pathname).kind
}

function sorted(base: string, paths: readonly string[]) {
  const kinds: Record<string, string[]> = { priced: [], billed: [], free: [], unknown: [] }
  for (const path of paths) kinds[kindOf(`${base}${path}`)]!.push(path)
  return kinds
}

describe('every POST of an SDK is sorted', () => {
  it("of OpenAI's", async () => {
    const { priced, billed, free, unknown } = sorted('https://api.openai.com/v1', postsOf('openai'))
    expect(unknown).toEqual([])
    expect(priced).toEqual([
      '/audio/speech',
      '/audio/transcriptions',
      '/audio/translations',
      '/chat/completions',
      '/completions',
      '/embeddings',
      '/images/edits',
      '/images/generations',
      '/images/variations',
      '/responses',
      '/responses/compact',
      '/responses/compact?beta=true',
      '/responses?beta=true',
    ])
    expect(billed).toEqual([
      '/agents/automations',
      '/agents/automations/id_1/invocations',
      '/agents/automations/id_1/resume',
      '/agents/environments',
      '/agents/sessions',
      '/agents/sessions/id_1/events',
      '/batches',
      '/chatkit/sessions',
      '/containers',
      '/content_provenance_checks',
      '/decisions',
      '/evals/id_1/runs',
      '/fine_tuning/alpha/graders/run',
      '/fine_tuning/jobs',
      '/fine_tuning/jobs/id_1/resume',
      '/live/sessions',
      '/live/sessions/id_1/accept',
      '/live/sessions/id_1/fork',
      '/realtime/calls',
      '/realtime/calls/id_1/accept',
      '/realtime/client_secrets',
      '/realtime/sessions',
      '/realtime/transcription_sessions',
      '/realtime/translations/client_secrets',
      '/threads/id_1/runs',
      '/threads/id_1/runs/id_1/submit_tool_outputs',
      '/threads/runs',
      '/videos',
      '/videos/characters',
      '/videos/edits',
      '/videos/extensions',
      '/videos/id_1/remix',
    ])
    expect(free!.length).toBeGreaterThan(100)
    expect(free).toContain('/vector_stores/id_1/search')
  })

  it("of Anthropic's", () => {
    const { priced, billed, free, unknown } = sorted('https://api.anthropic.com', postsOf('@anthropic-ai/sdk'))
    expect(unknown).toEqual([])
    expect(priced).toEqual(['/v1/messages'])
    expect(billed).toEqual([
      '/v1/deployments',
      '/v1/deployments/id_1/run',
      '/v1/deployments/id_1/unpause',
      '/v1/dreams',
      '/v1/messages/batches',
      '/v1/sessions',
      '/v1/sessions/id_1/events',
    ])
    expect(free!.length).toBeGreaterThan(80)
  })

  it.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://api.anthropic.com', '@anthropic-ai/sdk'],
  ])('and what costs nothing reaches %s', async (base, sdk) => {
    const { post, sent, counted } = governed()
    const { free } = sorted(base, postsOf(sdk))
    for (const path of free!) expect((await post(`${base}${path}`)).status).toBe(200)
    expect([sent.length, counted]).toEqual([free!.length, []])
  })
})

it.each([
  // Azure and its older paths, a gateway that has the same behind a path of its own.
  ['https://a.openai.azure.com/openai/v1/files', 'free'],
  ['https://a.openai.azure.com/openai/files?api-version=2024-10-21', 'free'],
  ['https://a.openai.azure.com/openai/vector_stores/vs_1/files', 'free'],
  ['https://a.openai.azure.com/openai/deployments/d/batches', 'billed'],
  ['https://a.openai.azure.com/openai/v1/video/generations/jobs', 'billed'],
  ['https://a.services.ai.azure.com/api/projects/p/threads/t/runs', 'unknown'],
  ['https://a.services.ai.azure.com/anthropic/v1/messages/count_tokens', 'free'],
  ['https://gateway.ai.cloudflare.com/v1/account/gateway/openai/files', 'free'],
  ['https://generativelanguage.googleapis.com/v1beta/models/gemini-2.5-flash:countTokens', 'free'],
  ['https://generativelanguage.googleapis.com/upload/v1beta/files', 'free'],
  ['https://generativelanguage.googleapis.com/v1beta/cachedContents', 'billed'],
  ['https://generativelanguage.googleapis.com/v1beta/models/imagen-4:predict', 'billed'],
  ['https://generativelanguage.googleapis.com/v1beta/models/veo-3:predictLongRunning', 'billed'],
  ['https://generativelanguage.googleapis.com/v1beta/models/g:batchGenerateContent', 'billed'],
  ['https://generativelanguage.googleapis.com/v1beta/batches/b_1:cancel', 'free'],
  ['https://generativelanguage.googleapis.com/v1beta/interactions', 'billed'],
  [
    'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/google/models/g:countTokens',
    'free',
  ],
  [
    'https://us-central1-aiplatform.googleapis.com/v1/projects/p/locations/l/publishers/anthropic/models/c:rawPredict',
    'billed',
  ],
  ['https://api.mistral.ai/v1/agents', 'free'],
  ['https://api.mistral.ai/v1/agents/completions', 'billed'],
  ['https://api.mistral.ai/v1/conversations', 'billed'],
  ['https://api.mistral.ai/v1/ocr', 'billed'],
  ['https://api.mistral.ai/v1/batch/jobs', 'billed'],
  ['https://api.mistral.ai/v1/batch/jobs/j/cancel', 'free'],
  ['https://api.cohere.com/v2/chat', 'billed'],
  ['https://api.cohere.com/v2/rerank', 'billed'],
  ['https://api.cohere.com/v1/tokenize', 'free'],
  ['https://ollama.com/api/chat', 'billed'],
  ['https://ollama.com/api/show', 'free'],
  ['https://openrouter.ai/api/v1/keys', 'free'],
  ['https://openrouter.ai/api/v1/videos', 'billed'],
  ['https://bedrock-runtime.eu-west-1.amazonaws.com/model/anthropic.claude/converse', 'billed'],
  ['https://ai-gateway.vercel.sh/v4/ai/language-model', 'priced'],
  ['https://ai-gateway.vercel.sh/v3/ai/reranking-model', 'billed'],
  ['https://ai-gateway.vercel.sh/v1/chat/completions', 'priced'],
  ['https://api.openai.com/v1/dreams', 'unknown'],
  ['https://api.openai.com/v2/', 'unknown'],
  ['https://api.openai.com/V1/Videos', 'billed'],
  ['https://api.openai.com/v12/files', 'free'],
  ['https://api.openai.com/v1beta1/files', 'free'],
  // No root of an API, though it holds the name of one.
  ['https://api.openai.com/my-v1/files', 'unknown'],
  ['https://api.openai.com/v1x/files', 'unknown'],
  // One of them bills it, and nobody knows whose it is.
  ['https://gateway.example/v1/conversations', 'billed'],
  ['https://gateway.example/v1/files', 'free'],
  // None of the table: nobody is asked to believe its end.
  ['https://api.openai.com/v1/surprises/files/s_1/generate', 'unknown'],
  ['https://api.openai.com/v1/surprises/files', 'unknown'],
])('%s is %s', (url, kind) => {
  expect(kindOf(url)).toBe(kind)
})

describe('a POST without a known price', () => {
  it('is refused on hosts of models, with what to do about it', async () => {
    const { post, sent, counted } = governed()
    const { status, body } = await post('https://api.openai.com/v1/videos')
    expect([status, body.error.code, sent, counted]).toEqual([400, 'ungoverned_request', [], []])
    expect(body.error.message).toMatch(/POST api\.openai\.com\/videos.*costs money.*`unknownEndpoints: 'pass'`.*charge/)
    const unknown = await post('https://api.openai.com/v1/surprises/s_1')
    expect(unknown.body.error.message).toMatch(/v1\/surprises\/\* is not a known endpoint/)
  })

  it('is refused on a host of models whose name ends with a dot, which is the same host', async () => {
    const { post, sent } = governed()
    for (const url of ['https://api.openai.com./v1/videos', 'https://api.anthropic.com.:443/v1/messages/batches']) {
      expect([(await post(url)).status, sent]).toEqual([400, []])
    }
  })

  it('is refused through SDKs with their own error and one attempt', async () => {
    const { ops, sent } = governed()
    const openai = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
    await expect(openai.videos.create({ model: 'sora-2', prompt: 'A cat' })).rejects.toMatchObject({
      status: 400,
      code: 'ungoverned_request',
    })
    const anthropic = new Anthropic({ apiKey: 'any', fetch: ops.fetch })
    await expect(anthropic.messages.batches.create({ requests: [] })).rejects.toMatchObject({
      status: 400,
      error: { error: { code: 'ungoverned_request' } },
    })
    expect(sent).toEqual([])
  })

  it.each([
    ['/v1/videos/'],
    ['//v1//videos'],
    ['/V1/Videos'],
    ['/v1/%76ideos'],
    ['/v1/./videos?x=1'],
    ['/v1/files/%2e%2e/videos'],
    ['/v1/files/..%2fvideos'],
    ['/videos'],
    ['/v1/%E0%A4%A'],
  ])('is refused however its path is written: %s', async (path) => {
    const { post, sent } = governed()
    expect([(await post(`https://api.openai.com${path}`)).status, sent]).toEqual([400, []])
  })

  it.each([
    ['/v1/responses/'],
    ['//v1//responses'],
    ['/V1/Responses'],
    ['/v1/%72esponses'],
    ['/v1/files/..%2fresponses'],
    ['/responses?beta=true#x'],
  ])('is not one that a format reads, however its path is written: %s', async (path) => {
    const { post, sent } = governed()
    const { status, body } = await post(`https://api.openai.com${path}`)
    expect([status, body.error.code, sent]).toEqual([402, 'budget_exceeded', []])
  })

  it('passes and is counted, by host, path without ids and tenant, where that is asked for', async () => {
    const { ops, post, sent, counted } = governed({ unknownEndpoints: 'pass' })
    await post('https://api.openai.com/v1/threads/thread_abc123/runs')
    await post('https://api.openai.com/v1/surprises/0190a1b2-7c3d/steps:go')
    await ops.task({ tenant: 'fabrikam' }, () => post('https://api.openai.com/v1/videos'))
    expect(sent).toHaveLength(3)
    expect(counted).toEqual([
      ['api.openai.com', 'threads/*/runs', 'contoso'],
      ['api.openai.com', 'v1/surprises/*/steps:go', 'contoso'],
      ['api.openai.com', 'videos', 'fabrikam'],
    ])
  })

  it('is reported once for each endpoint', async () => {
    const warnings: string[] = []
    const heard = ({ name, message }: Error) =>
      name === 'UngovernedCallWarning' && message.includes('eu.api.') && warnings.push(message)
    process.on('warning', heard)
    const { post } = governed({ unknownEndpoints: 'pass' })
    for (const path of ['videos', 'videos', 'batches']) await post(`https://eu.api.openai.com/v1/${path}`)
    await new Promise((resolve) => setImmediate(resolve))
    process.off('warning', heard)
    expect(warnings).toHaveLength(2)
    expect(warnings[0]).toMatch(/api\.openai\.com\/videos is not governed/)
  })

  it('passes on other hosts, counted once the host has answered a governed call', async () => {
    const { url, asked } = await answeringServer(() => ({ usage: { input_tokens: 1, output_tokens: 1 }, output: [] }))
    const { post, counted } = governed({ fetch: globalThis.fetch, budget: { limitUsd: 1 } })
    await post(`${url}/v1/videos`)
    expect(counted).toEqual([])
    expect((await post(`${url}/v1/responses`)).status).toBe(200)
    await post(`${url}/v1/videos`)
    await post(`${url}/v1/files`)
    await post(`${url}/v1/chat/completions`, '{}')
    expect(asked).toHaveLength(5)
    expect(counted).toEqual([
      [new URL(url).host, 'videos', 'contoso'],
      [new URL(url).host, 'v1/chat/completions', 'contoso'],
    ])
  })

  it('is refused everywhere, save what costs nothing, where that is asked for', async () => {
    const { post, sent } = governed({ unknownEndpoints: 'refuse' })
    expect((await post('https://models.example/generate')).status).toBe(400)
    expect((await post('https://models.example/v1/files')).status).toBe(200)
    expect(sent).toEqual(['POST https://models.example/v1/files'])
  })

  it('is refused on hosts that the application names, with a port or a wildcard', async () => {
    const modelHosts = ['gateway.contoso.com', '10.0.0.5:8080', '*.models.contoso.com']
    const { post } = governed({ modelHosts })
    const statusOf = async (origin: string) => (await post(`${origin}/v1/videos`)).status
    expect(await statusOf('https://gateway.contoso.com')).toBe(400)
    expect(await statusOf('https://gateway.contoso.com:8443')).toBe(400)
    expect(await statusOf('http://10.0.0.5:8080')).toBe(400)
    expect(await statusOf('https://eu.models.contoso.com')).toBe(400)
    expect(await statusOf('http://10.0.0.5:9090')).toBe(200)
    expect(await statusOf('https://gateway.contoso.com.evil.example')).toBe(200)
    expect(await statusOf('https://gatewayXcontoso.com')).toBe(200)
  })

  it('is refused on the hosts of the route', async () => {
    const targets = [{ name: 'a', model: 'gpt-4o', baseUrl: 'http://127.0.0.1:9/v1' }]
    const { post } = governed({ route: { targets } })
    expect((await post('http://127.0.0.1:9/v1/videos')).status).toBe(400)
    expect((await post('http://127.0.0.1:10/v1/videos')).status).toBe(200)
  })

  it('is one that a format recognises and cannot read', async () => {
    const { post, sent } = governed()
    const { status, body } = await post('https://api.openai.com/v1/chat/completions', '{"model":"gpt-4o"}')
    expect([status, body.error.code, sent]).toEqual([400, 'ungoverned_request', []])
    expect(body.error.message).toMatch(/could not be read/)
  })

  it('is a POST: what is read, changed or deleted passes', async () => {
    const { ops, sent } = governed()
    const url = 'https://api.openai.com/v1/videos/v_1'
    for (const method of ['GET', 'HEAD', 'DELETE', 'get']) await ops.fetch(url, { method })
    await ops.fetch(new Request(url))
    expect(sent).toHaveLength(5)
  })
})

it.each([
  ['/v1/surprises/my-v1/v1-2/v12', 'v1/surprises/*/*/v12'],
  ['/v1beta1/a/steps:go1', 'v1beta1/a/steps'],
  ['/v1/a/steps:1go', 'v1/a/steps'],
  ['/v1/a/x1:go', 'v1/a/*:go'],
  ['/v1/a/Abc/a_b-c.d/0b12/abcdefghijklmnopqrstuvwxyzabcdef', 'v1/a/*/a_b-c.d/*/*'],
  ['/a/b/c/d/e/f/g/h/i/j', 'a/b/c/d/e/f/g/h'],
])('%s is counted as %s', async (path, template) => {
  const { post, counted } = governed({ unknownEndpoints: 'pass' })
  await post(`https://api.openai.com${path}`)
  expect(counted).toEqual([['api.openai.com', template, 'contoso']])
})

describe('what costs nothing works unchanged', () => {
  it('in the SDK of OpenAI', async () => {
    const { ops, sent } = governed()
    const openai = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
    await openai.files.create({ purpose: 'assistants', file: await toFile(Buffer.from('a'), 'a.txt') })
    await openai.moderations.create({ input: 'a' })
    await openai.vectorStores.search('vs_1', { query: 'a' })
    await openai.batches.cancel('b_1')
    await openai.responses.inputTokens.count({ model: 'gpt-4o', input: 'a' })
    await openai.models.list()
    expect(sent).toHaveLength(6)
  })

  it('in that of Azure and that of Anthropic', async () => {
    const { ops, sent } = governed()
    const apiVersion = '2024-10-21'
    const azure = new AzureOpenAI({
      endpoint: 'https://a.openai.azure.com',
      apiKey: 'any',
      apiVersion,
      fetch: ops.fetch,
    })
    await azure.files.create({ purpose: 'assistants', file: await toFile(Buffer.from('a'), 'a.txt') })
    await azure.beta.threads.create({})
    const anthropic = new Anthropic({ apiKey: 'any', fetch: ops.fetch })
    const messages = [{ role: 'user' as const, content: 'a' }]
    await anthropic.messages.countTokens({ model: 'claude-haiku-4-5', messages })
    await anthropic.messages.batches.cancel('b_1')
    expect(sent).toHaveLength(4)
  })
})

it.each([
  ['https://gateway.contoso.com/v1', /modelHosts\[0\]`.*a host such as.*Did you mean gateway\.contoso\.com/],
  ['', /modelHosts\[0\]/],
])('refuses %j as a host of models', (host, message) => {
  expect(() => createLlmOps({ modelHosts: [host] })).toThrow(InvalidOptionError)
  expect(() => createLlmOps({ modelHosts: [host] })).toThrow(message)
})
