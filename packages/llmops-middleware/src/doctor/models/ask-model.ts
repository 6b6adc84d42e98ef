import { since } from '../probes/bounded.ts'
import type { ModelTarget } from './model-target.ts'

/** What a model endpoint answered to one question. */
export type ModelAnswer =
  | { readonly kind: 'answered'; readonly firstTokenMs: number; readonly totalMs: number; readonly region?: string }
  | { readonly kind: 'listed'; readonly totalMs: number }
  | { readonly kind: 'refused'; readonly status: number; readonly code: string | undefined; readonly message: string }
  /** Something answered that is no model endpoint. */
  | { readonly kind: 'foreign'; readonly status: number; readonly contentType: string }

type OutputCap = 'max_completion_tokens' | 'max_tokens'

/** Enough for a word, and for a reasoning model to begin. */
const OUTPUT_TOKENS = 16
const MOST_TEXT = 65_536

/** Asks for a word, as a stream; without a model for the list of them. What the network does is thrown. */
export async function askModel(
  target: ModelTarget,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ModelAnswer> {
  if (target.model === undefined) return await list(target, headers, signal)
  const answer = await ask(target, headers, signal, 'max_completion_tokens')
  // Older servers accept one of the two parameters, newer models only the other.
  const isAboutCap =
    answer.kind === 'refused' && answer.status === 400 && /max_(completion_)?tokens/.test(answer.message)
  return isAboutCap && target.wire === 'openai' ? await ask(target, headers, signal, 'max_tokens') : answer
}

async function list(target: ModelTarget, headers: Readonly<Record<string, string>>, signal: AbortSignal) {
  const startedAtMs = performance.now()
  const response = await fetch(under(target.baseUrl, target.wire === 'anthropic' ? 'v1/models' : 'models'), {
    headers: { ...headers, ...wireHeaders(target) },
    signal,
  })
  const refusal = await refusalOf(response)
  if (refusal) return refusal
  await response.body?.cancel()
  return { kind: 'listed', totalMs: since(startedAtMs) } as const
}

async function ask(
  target: ModelTarget,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  cap: OutputCap,
): Promise<ModelAnswer> {
  const isAnthropic = target.wire === 'anthropic'
  const startedAtMs = performance.now()
  const response = await fetch(under(target.baseUrl, isAnthropic ? 'v1/messages' : 'chat/completions'), {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers, ...wireHeaders(target) },
    body: JSON.stringify({
      model: target.model,
      messages: [{ role: 'user', content: 'Answer with the word ok.' }],
      stream: true,
      [isAnthropic ? 'max_tokens' : cap]: OUTPUT_TOKENS,
    }),
    signal,
  })
  const refusal = await refusalOf(response)
  if (refusal) return refusal
  const region = response.headers.get('x-ms-region') ?? undefined
  const firstTokenMs = await readStream(response, startedAtMs)
  return { kind: 'answered', firstTokenMs, totalMs: since(startedAtMs), ...(region && { region }) }
}

/** Reads it to its end, and returns when its first event with words came, else its first event. */
async function readStream(response: Response, startedAtMs: number): Promise<number> {
  let firstEventMs: number | undefined
  let firstWordsMs: number | undefined
  let rest = ''
  for await (const piece of response.body!.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + piece).split(/\r?\n/)
    rest = lines.pop()!.slice(-MOST_TEXT)
    for (const line of lines) {
      if (!line.startsWith('data:')) continue
      firstEventMs ??= since(startedAtMs)
      if (/"(content|text|reasoning_content|thinking)":\s*"[^"]/.test(line)) firstWordsMs ??= since(startedAtMs)
    }
  }
  return firstWordsMs ?? firstEventMs ?? since(startedAtMs)
}

async function refusalOf(response: Response): Promise<ModelAnswer | undefined> {
  const contentType = response.headers.get('content-type') ?? ''
  const isOfModels = /json|event-stream/i.test(contentType)
  if (response.ok && isOfModels) return undefined
  const text = (await response.text()).slice(0, MOST_TEXT)
  if (!isOfModels && !(response.status === 401 || response.status === 403)) {
    return { kind: 'foreign', status: response.status, contentType: contentType || 'no content type' }
  }
  return { kind: 'refused', status: response.status, ...errorIn(text) }
}

function errorIn(text: string): { code: string | undefined; message: string } {
  try {
    const body = JSON.parse(text) as { error?: unknown; message?: unknown; code?: unknown }
    const error = (typeof body.error === 'object' && body.error ? body.error : body) as Record<string, unknown>
    const code = error['code'] ?? error['type']
    const message = error['message'] ?? (typeof body.error === 'string' ? body.error : undefined)
    return { code: typeof code === 'string' ? code : undefined, message: typeof message === 'string' ? message : '' }
  } catch {
    return { code: undefined, message: '' }
  }
}

function wireHeaders({ wire }: ModelTarget): Record<string, string> {
  return wire === 'anthropic' ? { 'anthropic-version': '2023-06-01' } : {}
}

/** Keeps the path and the query (`?api-version=…`) of the base URL. */
function under(baseUrl: URL, path: string): URL {
  const url = new URL(baseUrl)
  // The Anthropic SDKs accept the base URL with or without the version.
  const base = url.pathname.replace(/\/+$/, '')
  url.pathname = path.startsWith('v1/') && base.endsWith('/v1') ? `${base}/${path.slice(3)}` : `${base}/${path}`
  return url
}
