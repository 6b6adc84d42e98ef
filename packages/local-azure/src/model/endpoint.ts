import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { administer } from './admin.ts'
import { Answerer } from './answerer.ts'
import { type Attempt, AttemptLog } from './billing/attempt-log.ts'
import type { Conversation, Reply } from './brain/conversation.ts'
import { plan } from './brain/plan.ts'
import { checkOptions, type ModelEndpointOptions } from './endpoint-options.ts'
import type { Fault } from './faults/fault.ts'
import { FaultQueue } from './faults/fault-queue.ts'
import { sendJson } from './http-messages.ts'
import { seededRandom } from './seeded-random.ts'
import { findWire } from './wire/index.ts'

/**
 * Starts a model on loopback that uses the wire formats of providers, calls tools and bills exactly.
 *
 * @throws RangeError for an option that it does not accept.
 * @example
 * const endpoint = await startModelEndpoint({ seed: 7 })
 * const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any' })
 * endpoint.fault({ kind: 'rate_limit', retryAfterMs: 500 })
 */
export async function startModelEndpoint(options: ModelEndpointOptions = {}): Promise<ModelEndpoint> {
  const endpoint = new ModelEndpoint(checkOptions(options))
  await endpoint.listen(options.port ?? 0)
  return endpoint
}

export class ModelEndpoint {
  readonly #script: ModelEndpointOptions['script']
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #log: AttemptLog
  readonly #faults: FaultQueue
  readonly #answerer: Answerer
  readonly #replies: Reply[] = []

  constructor(options: ModelEndpointOptions) {
    const random = seededRandom(options.seed ?? 1)
    this.#script = options.script
    this.#log = new AttemptLog(options.logFile)
    this.#faults = new FaultQueue(random)
    const reply = (conversation: Conversation) => this.#reply(conversation)
    this.#answerer = new Answerer({ options, random, log: this.#log, faults: this.#faults, reply })
  }

  async listen(port: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject).listen(port, '127.0.0.1', resolve)
    })
  }

  /** The Azure endpoint; `${url}/v1` is the base URL of OpenAI's own SDK, `url` itself that of Anthropic's. */
  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** Every attempt in the order in which it came, up to the last 100,000. */
  get attempts(): readonly Attempt[] {
    return this.#log.attempts
  }

  /** The provider's bill for every attempt so far, in integer nano-USD. */
  totalCostNanos(): number {
    return this.#log.totalCostNanos
  }

  /**
   * Injects a fault into the next matching requests.
   *
   * @throws InvalidFaultError that names the setting. Then nothing is changed.
   */
  fault(fault: Fault): void {
    this.#faults.add(fault)
  }

  clearFaults(): void {
    this.#faults.clear()
  }

  /** Returns this answer to the next request, whatever it asks. */
  enqueue(reply: Partial<Reply>): void {
    this.#replies.push({ text: '', toolCalls: [], ...reply })
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#server.closeAllConnections()
    await closed
  }

  #reply(conversation: Conversation): Reply {
    return this.#replies.shift() ?? this.#script?.(conversation) ?? plan(conversation)
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const path = (request.url ?? '/').split('?', 1)[0]!
      const found = request.method === 'POST' ? findWire(path) : undefined
      if (found) await this.#answerer.answer(request, response, found.wire, found.deployment)
      else await administer(this, request, response, path)
    } catch (error) {
      // Either the client has disconnected, or a test's script threw.
      if (!response.headersSent && !response.destroyed) sendJson(response, 500, { error: { message: String(error) } })
    }
  }
}
