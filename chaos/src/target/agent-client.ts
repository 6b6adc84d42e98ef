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
  readonly timeoutMs?: number
  readonly fetch?: typeof fetch
}

export type Health = { readonly instance: string; readonly slot?: string; readonly release?: string }

/** The agent under test, seen from outside through its public HTTP API. */
export class AgentClient {
  readonly baseUrl: URL
  readonly #options: AgentClientOptions

  constructor(options: AgentClientOptions) {
    this.baseUrl = options.baseUrl
    this.#options = options
  }

  /** One user's prompt. Never throws: whatever happens is a sample. */
  async chat(prompt: string): Promise<Sample> {
    const startedAtMs = performance.now()
    const { tenantKey, tenant, timeoutMs = 30_000, fetch: send = fetch } = this.#options
    try {
      const response = await send(new URL('/chat', this.baseUrl), {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(tenantKey ? { authorization: `Bearer ${tenantKey}` } : {}),
        },
        body: JSON.stringify({ prompt, ...(tenant ? { tenant } : {}) }),
        signal: AbortSignal.timeout(timeoutMs),
      })
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

  async health(): Promise<Health> {
    const response = await this.#request('GET', '/health')
    return (await response.json()) as Health
  }

  async setFault(fault: Fault): Promise<void> {
    await this.#request('POST', '/admin/chaos', fault)
  }

  async clearFault(): Promise<void> {
    await this.#request('DELETE', '/admin/chaos')
  }

  async #request(method: string, path: string, body?: unknown): Promise<Response> {
    const { adminToken } = this.#options
    const url = new URL(path, this.baseUrl)
    const response = await fetch(url, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(adminToken && path.startsWith('/admin/') ? { authorization: `Bearer ${adminToken}` } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    }).catch((error: unknown) => {
      throw new UsageError(`No agent answers at ${url.origin}: ${reasonOf(error)}. Is it running?`)
    })
    if (response.ok) return response
    throw new UsageError(`${method} ${url} answered ${response.status}: ${await explain(response, path)}`)
  }
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
