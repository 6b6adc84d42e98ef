import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AttemptLog, OpenAttempt } from './billing/attempt-log.ts'
import { MISTAKE_KINDS, type MistakeKind } from './brain/arguments/mistakes.ts'
import type { Conversation, Reply } from './brain/conversation.ts'
import { generate } from './brain/generate.ts'
import { PromptCache, promptText } from './brain/prompt-cache.ts'
import { deliverJson } from './delivery/deliver-json.ts'
import { deliverStream } from './delivery/deliver-stream.ts'
import type { ModelEndpointOptions } from './endpoint-options.ts'
import type { Fault } from './faults/fault.ts'
import type { FaultQueue } from './faults/fault-queue.ts'
import { refusedByFault } from './faults/refused-by-fault.ts'
import { retryAfterHeaders } from './faults/retry-after.ts'
import { headerOf, sendJson } from './http-messages.ts'
import { type ReadAttempt, readAttempt } from './read-attempt.ts'
import { type Generated, isWireError, type Wire, type WireError } from './wire/wire.ts'

const EVENTS_BEFORE_FILTER = 3

export type Answering = {
  readonly options: ModelEndpointOptions
  readonly random: () => number
  readonly log: AttemptLog
  readonly faults: FaultQueue
  readonly reply: (conversation: Conversation) => Reply
}

/** Handles one attempt: reads it, refuses it or injects a fault, generates the answer, delivers and bills it. */
export class Answerer {
  readonly #with: Answering
  readonly #promptCache = new PromptCache()
  #count = 0

  constructor(answering: Answering) {
    this.#with = answering
  }

  async answer(request: IncomingMessage, response: ServerResponse, wire: Wire, deployment: string): Promise<void> {
    const id = String(++this.#count)
    response.setHeader('x-request-id', id)
    const read = await readAttempt(request, wire, deployment, this.#with.options)
    const fault = isWireError(read) ? undefined : this.#faultFor(read)
    const attempt = this.#begin(id, request, read, fault)
    const refusal = isWireError(read)
      ? read
      : (this.#unknownDeployment(read) ?? this.#refusedByModel(read) ?? refusedByFault(fault))
    if (refusal) {
      attempt.end(refusal.status, 'refused')
      return sendJson(response, refusal.status, wire.error(refusal), retryAfterHeaders(fault ?? {}, Date.now()))
    }
    if (fault?.kind === 'reset') {
      attempt.end(0, 'failed')
      return void request.socket.resetAndDestroy()
    }
    if (fault?.kind === 'hang') return void response.once('close', () => attempt.end(0, 'failed'))

    const sound = read as ReadAttempt
    const left = new AbortController()
    response.once('close', () => left.abort())
    const { tokensPerSecond = 0 } = this.#with.options
    const generated = this.#generate(id, sound, fault)
    const delivery = { response, attempt, wire, request: sound, generated, fault, tokensPerSecond, signal: left.signal }
    await (sound.isStream ? deliverStream(delivery) : deliverJson(delivery))
  }

  #begin(id: string, request: IncomingMessage, read: ReadAttempt | WireError, fault: Fault | undefined): OpenAttempt {
    const asked = isWireError(read) ? undefined : read
    const deployment = asked?.conversation.model ?? ''
    return this.#with.log.begin({
      id,
      at: Date.now(),
      path: request.url ?? '',
      model: this.#modelOf(deployment) ?? deployment,
      deployment,
      isStream: asked?.isStream ?? false,
      retryCount: Number(headerOf(request, 'x-stainless-retry-count') ?? 0),
      tenantHint: asked?.user,
      fault: fault?.kind,
    })
  }

  #faultFor({ forced, conversation, isPrefilled }: ReadAttempt): Fault | undefined {
    return forced.fault ?? this.#with.faults.take({ model: conversation.model, isPrefilled })
  }

  #generate(id: string, { conversation, forced, ...read }: ReadAttempt, fault: Fault | undefined): Generated {
    const model = this.#modelOf(conversation.model)!
    const asked = { ...conversation, model, mistake: forced.mistake ?? this.#mistake() }
    return generate(asked, read.reply ?? this.#with.reply(asked), {
      id,
      createdAtSeconds: Math.floor(Date.now() / 1000),
      cachedPrefixTokens: this.#promptCache.prefixTokens(model, promptText(asked)),
      inputTokens: read.inputTokens,
      filteredAfter: fault?.kind === 'content_filter_stream' ? (fault.afterEvents ?? EVENTS_BEFORE_FILTER) : undefined,
    })
  }

  /** The model of a deployment; undefined if deployments are listed and this is not one of them. */
  #modelOf(deployment: string): string | undefined {
    const { deployments } = this.#with.options
    if (!deployments) return deployment
    return Object.hasOwn(deployments, deployment) ? deployments[deployment] : undefined
  }

  #unknownDeployment({ conversation: { model } }: ReadAttempt): WireError | undefined {
    if (this.#modelOf(model) !== undefined) return undefined
    const message = `The API deployment '${model}' for this resource does not exist.`
    return { status: 404, code: 'DeploymentNotFound', message }
  }

  #refusedByModel({ refusedBy, conversation: { model } }: ReadAttempt): WireError | undefined {
    return refusedBy?.(this.#modelOf(model)!)
  }

  #mistake(): MistakeKind | undefined {
    const { random, options } = this.#with
    if (!options.mistakeRate || random() >= options.mistakeRate) return undefined
    return MISTAKE_KINDS[Math.floor(random() * MISTAKE_KINDS.length)]
  }
}
