import { UsageError } from 'command-line'
import type { Sample } from '../load/tally.ts'

export type Fault = {
  readonly mode: string
  readonly probability: number
  readonly ttlMs: number
  readonly seed?: number
  /** How long the fault asks callers to wait before they retry. */
  readonly retryAfterMs?: number
}

export type AgentClientOptions = {
  readonly baseUrl: URL
  /** For `/admin/*`; without it faults cannot be set. */
  readonly adminToken?: string | undefined
  /** Sent as `Authorization: Bearer`; who pays is what the agent makes of it. */
  readonly tenantKey?: string | undefined
  /** On the embedded platform the tenant may be named in the body. */
  readonly tenant?: string | undefined
  /** How long to wait for a response. @default 30 s for a prompt, 10 s for the rest */
  readonly timeoutMs?: number
  /** Ends what is under way, except that a fault is cleared all the same. */
  readonly signal?: AbortSignal
  readonly fetch?: typeof fetch
}

/** The agent answered, and said no: nothing was changed. */
export class AgentRefusedError extends UsageError {}

export type Health = { readonly instance: string; readonly slot?: string; readonly release?: string }

/** The agent under test, seen from outside through its public HTTP API. */
export class AgentClient {
  readonly baseUrl: URL
  readonly #options: AgentClientOptions

  constructor(options: AgentClientOptions) {
    this.baseUrl = options.baseUrl
    this.#options = options
  }

  /** One user's prompt. Never throws: every outcome is a sample. */
  async chat(prompt: string): Promise<Sample> {
    const startedAtMs = performance.now()
    try {
      const response = await this.#send(prompt)
      const body = (await response.json().catch(() => ({}))) as Record<string, unknown>
      return {
        status: response.status,
        latencyMs: performance.now() - startedAtMs,
        instance: typeof body['instance'] === 'string' && response.ok ? body['instance'] : undefined,
        succeeded: response.ok && isSuccess(body['outcome']),
        costUsd: numberOf(body['costUsd']),
        repairs: numberOf(body['repairs']),
        fallbacks: numberOf(body['fallbacks']),
      }
    } catch {
      return {
        status: 'unreachable',
        latencyMs: performance.now() - startedAtMs,
        instance: undefined,
        succeeded: false,
        costUsd: 0,
        repairs: 0,
        fallbacks: 0,
      }
    }
  }

  /** One user's prompt, and the answer as the agent gave it. */
  async ask(prompt: string): Promise<unknown> {
    const response = await this.#send(prompt).catch((error: unknown) => {
      throw notReached(this.baseUrl, error)
    })
    if (!response.ok) throw await refusal('POST', new URL('/chat', this.baseUrl), response)
    return await this.#json(response, '/chat')
  }

  async health(): Promise<Health> {
    const health = (await this.#json(await this.#request('GET', '/health'), '/health')) as Partial<Health> | null
    if (typeof health?.instance === 'string') return health as Health
    throw this.#isNoAgent('GET /health names no instance')
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#request('POST', '/admin/chaos', fault)
  }

  async clearFault(): Promise<void> {
    await this.#request('DELETE', '/admin/chaos')
  }

  async #send(prompt: string): Promise<Response> {
    const { tenantKey, tenant, timeoutMs = 30_000, signal, fetch: send = fetch } = this.#options
    const timeout = AbortSignal.timeout(timeoutMs)
    return await send(new URL('/chat', this.baseUrl), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(tenantKey ? { authorization: `Bearer ${tenantKey}` } : {}),
      },
      body: JSON.stringify({ prompt, ...(tenant ? { tenant } : {}) }),
      signal: signal ? AbortSignal.any([timeout, signal]) : timeout,
    })
  }

  async #json(response: Response, path: string): Promise<unknown> {
    try {
      return await response.json()
    } catch {
      throw this.#isNoAgent(`${path} answers no JSON`)
    }
  }

  #isNoAgent(why: string): UsageError {
    return new UsageError(`What answers at ${this.baseUrl.origin} is not the agent: ${why}. Check --base-url.`)
  }

  async #request(method: string, path: string, body?: unknown): Promise<Response> {
    const { adminToken, signal, timeoutMs = 10_000 } = this.#options
    const url = new URL(path, this.baseUrl)
    const timeout = AbortSignal.timeout(timeoutMs)
    const response = await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(adminToken && path.startsWith('/admin/') ? { authorization: `Bearer ${adminToken}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: signal && method !== 'DELETE' ? AbortSignal.any([timeout, signal]) : timeout,
    }).catch((error: unknown) => {
      throw notReached(url, error)
    })
    if (response.ok) return response
    throw await refusal(method, url, response)
  }
}

function notReached({ origin }: URL, error: unknown): UsageError {
  return new UsageError(`No agent answers at ${origin}: ${reasonOf(error)}. Is it running?`)
}

/** A 5xx may have done what it was asked before it failed. */
async function refusal(method: string, url: URL, response: Response): Promise<UsageError> {
  const text = `${method} ${url} answered ${response.status}: ${await explain(response, url.pathname)}`
  return response.status < 500 ? new AgentRefusedError(text) : new UsageError(text)
}

async function explain(response: Response, path: string): Promise<string> {
  if (path.startsWith('/admin/') && [401, 403, 404].includes(response.status)) {
    return 'set ADMIN_TOKEN on the agent and give the same token with --token or ADMIN_TOKEN.'
  }
  const problem = (await response.json().catch(() => ({}))) as { detail?: string; title?: string }
  return problem.detail ?? problem.title ?? response.statusText
}

function isSuccess(outcome: unknown): boolean {
  if (outcome === undefined) return true
  const status = typeof outcome === 'object' && outcome !== null ? (outcome as { status?: unknown }).status : outcome
  return status === 'success' || status === 'completed'
}

function numberOf(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause
  return cause?.code ?? cause?.message ?? (error as Error).message
}
