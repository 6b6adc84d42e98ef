import { STATUS_CODES } from 'node:http'
import type { Clock } from '../clock/clock.ts'
import type { Network } from '../network/network.ts'
import { isRetried, readRetryPolicy } from './retry-policy.ts'
import type { ActionResult } from './run-record.ts'

export type HttpActionContext = {
  readonly network: Network
  readonly clock: Clock
  /** A token of the workflow's identity for the audience. */
  readonly tokenFor: (audience: string) => string
  readonly signal: AbortSignal
}

type HttpInputs = {
  method: string
  uri: string
  headers?: Record<string, string>
  queries?: Record<string, string>
  body?: unknown
  authentication?: { type: string; audience: string }
  retryPolicy?: unknown
}

type HttpOutputs = { statusCode: number; headers: Record<string, string>; body: unknown }

// The service allows two minutes for a response. This limit is wall time, because sockets do not follow the rule clock.
const RESPONSE_TIMEOUT_MS = 120_000
const POLL_INTERVAL_MS = 5_000

/** Sends the request, retries it by its retry policy, and polls the Location of a 202 if `followsLocation` is set. */
export async function runHttpAction(
  inputs: HttpInputs,
  followsLocation: boolean,
  context: HttpActionContext,
): Promise<ActionResult> {
  const delaysMs = readRetryPolicy(inputs.retryPolicy, 'retryPolicy')
  let result = await attempt(inputs, context)
  for (const delayMs of delaysMs) {
    if (!isRetriable(result)) break
    await context.clock.sleep(delayMs, context.signal)
    result = await attempt(inputs, context)
  }
  return followsLocation ? follow(inputs, result, context) : result
}

/** Polls the Location of a 202, and returns the last response as the result of the action. */
async function follow(inputs: HttpInputs, first: ActionResult, context: HttpActionContext): Promise<ActionResult> {
  let result = first
  for (;;) {
    const outputs = result.outputs as HttpOutputs | undefined
    const location = outputs?.headers['Location']
    if (outputs?.statusCode !== 202 || location === undefined) return result
    await context.clock.sleep(POLL_INTERVAL_MS, context.signal)
    const { authentication } = inputs
    const poll = { method: 'GET', uri: location, ...(authentication === undefined ? {} : { authentication }) }
    const next = await attempt(poll, context)
    const stillRunning = (next.outputs as HttpOutputs | undefined)?.statusCode === 202
    if (!stillRunning) return next
    result = first
  }
}

/** A response takes no rule time: it would be that of this machine. */
function attempt(inputs: HttpInputs, context: HttpActionContext): Promise<ActionResult> {
  return context.clock.pauseDuring(() => send(inputs, context))
}

async function send(inputs: HttpInputs, context: HttpActionContext): Promise<ActionResult> {
  const url = new URL(inputs.uri)
  for (const [name, value] of Object.entries(inputs.queries ?? {})) url.searchParams.set(name, value)
  const limit = AbortSignal.timeout(RESPONSE_TIMEOUT_MS)
  try {
    const response = await context.network.fetch(url.href, {
      method: inputs.method,
      headers: requestHeaders(inputs, context),
      ...(inputs.body === undefined ? {} : { body: bodyText(inputs.body) }),
      signal: AbortSignal.any([context.signal, limit]),
    })
    return toResult(await toOutputs(response))
  } catch (error) {
    context.signal.throwIfAborted()
    const code = limit.aborted ? 'ActionTimedOut' : 'HttpRequestFailed'
    return { status: limit.aborted ? 'TimedOut' : 'Failed', code, error: { code, message: (error as Error).message } }
  }
}

function requestHeaders(inputs: HttpInputs, { tokenFor }: HttpActionContext): Record<string, string> {
  return {
    ...(inputs.body === undefined || typeof inputs.body === 'string' ? {} : { 'content-type': 'application/json' }),
    ...inputs.headers,
    ...(inputs.authentication === undefined
      ? {}
      : { authorization: `Bearer ${tokenFor(inputs.authentication.audience)}` }),
  }
}

function bodyText(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

async function toOutputs(response: Response): Promise<HttpOutputs> {
  const text = await response.text()
  const headers = Object.fromEntries([...response.headers].map(([name, value]) => [canonical(name), value]))
  const isJson = /\bjson\b/.test(response.headers.get('content-type') ?? '')
  return { statusCode: response.status, headers, body: isJson ? parseOrText(text) : text }
}

function toResult(outputs: HttpOutputs): ActionResult {
  if (outputs.statusCode < 400) return { status: 'Succeeded', outputs, code: 'OK' }
  const code = (STATUS_CODES[outputs.statusCode] ?? String(outputs.statusCode)).replaceAll(' ', '')
  return {
    status: 'Failed',
    outputs,
    code,
    error: { code, message: `The server responded with ${outputs.statusCode}.` },
  }
}

function isRetriable(result: ActionResult): boolean {
  if (result.status === 'Succeeded') return false
  const status = (result.outputs as HttpOutputs | undefined)?.statusCode
  return status === undefined || isRetried(status)
}

function parseOrText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Expressions name headers in their common form (`Location`), but `fetch` returns them in lower case. */
function canonical(name: string): string {
  return name.replaceAll(/(^|-)[a-z]/g, (letters) => letters.toUpperCase())
}
