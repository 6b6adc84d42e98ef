import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Attempt, AttemptLog } from './attempt-log.ts'
import type { Conversation, Reply } from './brain/conversation.ts'
import { generate, promptText } from './brain/generate.ts'
import { MISTAKE_KINDS } from './brain/mistakes.ts'
import { plan } from './brain/plan.ts'
import { PromptCache } from './brain/prompt-cache.ts'
import { deliverJson, deliverStream } from './deliver.ts'
import { refusalOf, retryAfterHeaders } from './fault-responses.ts'
import { type Fault, FaultQueue, InvalidFaultError, parseFaultHeader } from './faults.ts'
import { seededRandom } from './random.ts'
import { WIRES } from './wire/index.ts'
import { isWireError, type Wire, type WireError } from './wire/wire.ts'

export type ModelEndpointOptions = {
  /** Makes mistakes and faults repeatable. Default 1. */
  readonly seed?: number
  /** Default 0: a free one. */
  readonly port?: number
  /** Appends each attempt with its true cost as one JSON line: a ground truth that outlives its clients. */
  readonly logFile?: string
  /** The pace of generation. Default 0: as fast as it goes. */
  readonly tokensPerSecond?: number
  /** Share of the tool calls whose arguments are wrong in one of the ways in which models are. Default 0. */
  readonly mistakeRate?: number
  /** Says what a test wants said; undefined leaves it to the model. */
  readonly script?: (conversation: Conversation) => Reply | undefined
  /** Answers 401 without a key or a bearer token. Default true. */
  readonly requireKey?: boolean
}

const MAX_BODY_BYTES = 20 * 1024 * 1024

/** Starts a model on loopback that speaks its providers' wire formats, plans over tools and bills exactly. */
export async function startModelEndpoint(options: ModelEndpointOptions = {}): Promise<ModelEndpoint> {
  const endpoint = new ModelEndpoint(options)
  await endpoint.listen(options.port ?? 0)
  return endpoint
}

export class ModelEndpoint {
  readonly #options: ModelEndpointOptions
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #random: () => number
  readonly #log: AttemptLog
  readonly #faults: FaultQueue
  readonly #promptCache = new PromptCache()
  readonly #replies: Reply[] = []
  #count = 0

  constructor(options: ModelEndpointOptions) {
    this.#options = options
    this.#random = seededRandom(options.seed ?? 1)
    this.#log = new AttemptLog(options.logFile)
    this.#faults = new FaultQueue(this.#random)
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
  }

  /** The Azure endpoint; `${url}/v1` is the base URL of OpenAI's own SDK. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Every attempt in the order in which it came. */
  get attempts(): readonly Attempt[] {
    return this.#log.attempts
  }

  /** The provider's bill, in integer nano-USD. */
  totalCostNanos(): number {
    return this.#log.totalCostNanos()
  }

  /** Hurts the next requests. */
  fault(fault: Fault): void {
    this.#faults.add(fault)
  }

  clearFaults(): void {
    this.#faults.clear()
  }

  /** Says this to the next request, whatever it asks. */
  enqueue(reply: Partial<Reply>): void {
    this.#replies.push({ text: '', toolCalls: [], ...reply })
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const { pathname } = new URL(request.url ?? '/', 'http://model')
      const wire = WIRES.map((wire) => ({ wire, deployment: wire.match(pathname) })).find(
        ({ deployment }) => deployment !== undefined,
      )
      if (wire && request.method === 'POST') await this.#answer(request, response, wire.wire, wire.deployment!)
      else await this.#administer(request, response, pathname)
    } catch (error) {
      // A client that left while it was read or answered.
      if (!response.headersSent && !response.destroyed) sendJson(response, 500, { error: { message: String(error) } })
    }
  }

  async #answer(request: IncomingMessage, response: ServerResponse, wire: Wire, deployment: string): Promise<void> {
    const refuse = (error: WireError, headers: Record<string, string> = {}) =>
      sendJson(response, error.status, wire.error(error), headers)
    const { headers } = request
    const text = await readBody(request)
    if (text === undefined) return refuse({ status: 413, code: 'payload_too_large', message: 'The body is too large.' })
    if (this.#options.requireKey !== false && !headers.authorization && !headers['api-key'] && !headers['x-api-key']) {
      return refuse({ status: 401, code: 'invalid_api_key', message: 'You did not provide an API key.' })
    }
    const body = parseObject(text)
    if (!body) return refuse({ status: 400, code: 'invalid_request', message: 'We could not parse the JSON body.' })
    const read = wire.read(body, decodeURIComponent(deployment))
    if (isWireError(read)) return refuse(read)

    const mistake = header(headers['x-mistake']) ?? this.#mistake()
    const conversation = { ...read.conversation, mistake }
    const faultHeader = header(headers['x-fault'])
    const fault = faultHeader ? parseFaultHeader(faultHeader) : this.#faults.take(conversation.model)
    const id = String(++this.#count)
    const attempt = this.#log.begin({
      id,
      at: Date.now(),
      path: request.url ?? '',
      model: conversation.model,
      isStream: read.isStream,
      retryCount: Number(header(headers['x-stainless-retry-count']) ?? 0),
      fault: fault?.kind,
    })

    const refusal = refusalOf(fault, read.isPrefilled)
    if (refusal) {
      attempt.end(refusal.status, 'refused')
      return refuse(refusal, retryAfterHeaders(fault, Date.now()))
    }
    if (fault?.kind === 'reset') {
      attempt.end(0, 'failed')
      return void request.socket.resetAndDestroy()
    }
    if (fault?.kind === 'hang') return void response.once('close', () => attempt.end(0, 'failed'))

    const reply = this.#replies.shift() ?? this.#options.script?.(conversation) ?? plan(conversation)
    const generated = generate(conversation, reply, {
      id,
      createdAtSeconds: Math.floor(Date.now() / 1000),
      cachedPrefixTokens: this.#promptCache.prefixTokens(promptText(conversation)),
    })
    const tokensPerSecond = this.#options.tokensPerSecond ?? 0
    const delivery = { response, attempt, wire, request: read, generated, fault, tokensPerSecond }
    await (read.isStream ? deliverStream(delivery) : deliverJson(delivery))
  }

  #mistake(): string | undefined {
    const { mistakeRate = 0 } = this.#options
    if (mistakeRate === 0 || this.#random() >= mistakeRate) return undefined
    return MISTAKE_KINDS[Math.floor(this.#random() * MISTAKE_KINDS.length)]
  }

  /** For tests in other processes: the log, and faults. */
  async #administer(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    switch (`${request.method} ${path}`) {
      case 'GET /_health':
        return sendJson(response, 200, { status: 'ok' })
      case 'GET /_log':
        return sendJson(response, 200, { totalCostNanos: this.totalCostNanos(), attempts: this.attempts })
      case 'DELETE /_faults':
        this.clearFaults()
        return sendJson(response, 200, {})
      case 'POST /_faults':
        try {
          this.fault(parseObject((await readBody(request)) ?? '') as Fault)
          return sendJson(response, 200, {})
        } catch (error) {
          if (!(error instanceof InvalidFaultError)) throw error
          return sendJson(response, 400, { error: { message: error.message } })
        }
      default:
        return sendJson(response, 404, { error: { message: `There is no ${request.method} ${path}.`, code: '404' } })
    }
  }
}

async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BODY_BYTES) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined
  } catch {
    return undefined
  }
}

function sendJson(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  const text = JSON.stringify(body)
  response
    .writeHead(status, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers })
    .end(text)
}

function header(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value
}
