import {
  type Attributes,
  context,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { hiderOfModel, sentenceOf } from '../events/index.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import { usdFromNanos } from '../usd.ts'
import { identityOf } from './agent-identity.ts'
import { type CapturedAnswer, captureAnswer, requestContent } from './content/index.ts'
import { errorTypeOfCompletion } from './error-type.ts'
import { type GenAiConventions, providerAttributes } from './gen-ai-instruments.ts'
import { recordError } from './record-error.ts'
import type { SpanSettings } from './span-options.ts'

/** Creates the spans of model calls, also next to those of a framework. */
export class ModelSpans {
  readonly #tracerNow: () => Tracer | undefined
  readonly #settings: SpanSettings

  constructor(tracerNow: () => Tracer | undefined, settings: SpanSettings) {
    this.#tracerNow = tracerNow
    this.#settings = settings
  }

  /** Undefined if no span is wanted, or there is no tracer. */
  start(call: ModelCall): ModelSpan | undefined {
    const { modelSpans, maxContentLength } = this.#settings
    const tracer = modelSpans === 'off' ? undefined : this.#tracerNow()
    if (!tracer) return undefined
    const isNested = modelSpans === 'nested' || (modelSpans === 'auto' && isOfFramework(trace.getActiveSpan()))
    const { operation } = call.format
    const name = isNested ? `attempt ${call.requestedModel}` : `${operation} ${call.requestedModel}`
    const attributes = {
      ...(isNested ? {} : genAiRequest(call, this.#settings.conventions)),
      ...identityOf(call.task, this.#settings),
      ...requestAttributes(call),
    }
    const span = tracer.startSpan(name, { kind: SpanKind.CLIENT, attributes })
    if (call.attempt > 1) span.addEvent('agent.model.retry', { 'http.request.resend_count': call.attempt - 1 })
    // The framework's own span has the content.
    const contentLength = isNested || !span.isRecording() ? undefined : maxContentLength
    if (contentLength !== undefined) span.setAttributes(requestContent(call, contentLength))
    return new ModelSpan(span, call, { isNested, contentLength, conventions: this.#settings.conventions })
  }
}

/** Whether the active span is a framework's span of a model call, with the attributes of the conventions. */
function isOfFramework(span: (Span & { readonly attributes?: Attributes }) | undefined): boolean {
  const { attributes } = span ?? {}
  if (attributes?.['gen_ai.request.model'] === undefined || attributes['agent.tenant'] !== undefined) return false
  return !AROUND_CALLS.has(attributes['gen_ai.operation.name'])
}

/** Operations whose spans have a model and contain model calls. */
const AROUND_CALLS: ReadonlySet<unknown> = new Set(['invoke_agent', 'create_agent', 'invoke_workflow', 'agent_step'])

type ModelSpanParts = {
  readonly isNested: boolean
  readonly contentLength: number | undefined
  readonly conventions: GenAiConventions
}

/** The span of one model call, from its request to the last byte of its answer. */
export class ModelSpan {
  readonly #span: Span
  readonly #call: ModelCall
  readonly #parts: ModelSpanParts
  #captured: CapturedAnswer | undefined

  constructor(span: Span, call: ModelCall, parts: ModelSpanParts) {
    this.#span = span
    this.#call = call
    this.#parts = parts
  }

  spanContext(): SpanContext {
    return this.#span.spanContext()
  }

  run<T>(act: () => T): T {
    return context.with(trace.setSpan(context.active(), this.#span), act)
  }

  /** Returns the answer for the caller. If content is captured, its text is recorded while it is read. */
  answered(result: ModelResult): ModelResult {
    const { contentLength } = this.#parts
    if (contentLength === undefined) return result
    this.#captured = captureAnswer(result, contentLength)
    return this.#captured.result
  }

  end(result: ModelResult | undefined, completion: Completion): void {
    const span = this.#span
    if (span.isRecording()) {
      if (!this.#parts.isNested)
        span.setAttributes(genAiResponse(this.#call, result, completion, this.#parts.conventions))
      span.setAttributes(responseAttributes(this.#call, result, completion))
      if (this.#captured) span.setAttributes(this.#captured.content(completion))
      const errorType = errorTypeOfCompletion(completion, result?.status)
      if (errorType !== undefined) {
        span.setAttribute('error.type', errorType)
        span.setStatus({ code: SpanStatusCode.ERROR, message: completion.status })
        const hide = hiderOfModel(this.#call)
        // An SDK may put the same message into the error of the task.
        hide(sentenceOf(result, completion) ?? '')
        recordError(span, completion.error, () => hide)
      }
    }
    span.end()
  }
}

function genAiRequest(call: ModelCall, conventions: GenAiConventions): Attributes {
  return {
    'gen_ai.operation.name': call.format.operation,
    ...providerAttributes(call.provider, conventions),
    'gen_ai.request.model': call.requestedModel,
    'gen_ai.request.stream': call.isStream,
    ...(call.maxOutputTokens !== undefined && { 'gen_ai.request.max_tokens': call.maxOutputTokens }),
  }
}

function requestAttributes(call: ModelCall): Attributes {
  const { url } = call.request
  const attributes: Attributes = { 'agent.tenant': call.tenant, 'server.address': url.hostname }
  if (url.port !== '') attributes['server.port'] = Number(url.port)
  if (call.attempt > 1) attributes['http.request.resend_count'] = call.attempt - 1
  return attributes
}

/**
 * Attributes that only an `own` span has. For a `nested` one, the framework's span has them, and they would be counted
 * twice.
 */
function genAiResponse(
  call: ModelCall,
  result: ModelResult | undefined,
  { usage, responseModel, finishReasons, timeToFirstTokenMs }: Completion,
  conventions: GenAiConventions,
): Attributes {
  return {
    'gen_ai.usage.input_tokens': usage.inputTokens,
    'gen_ai.usage.output_tokens': usage.outputTokens,
    ...(usage.cachedInputTokens !== undefined && { 'gen_ai.usage.cache_read.input_tokens': usage.cachedInputTokens }),
    ...(usage.cacheWriteTokens !== undefined && cacheWrites(usage.cacheWriteTokens, conventions)),
    ...(usage.reasoningTokens !== undefined && { 'gen_ai.usage.reasoning.output_tokens': usage.reasoningTokens }),
    ...(result !== undefined && result.model !== call.requestedModel && { 'gen_ai.request.model': result.model }),
    ...(result?.clampedToTokens !== undefined && { 'gen_ai.request.max_tokens': result.clampedToTokens }),
    ...(responseModel !== undefined && { 'gen_ai.response.model': responseModel }),
    ...(finishReasons && { 'gen_ai.response.finish_reasons': [...finishReasons] }),
    ...(timeToFirstTokenMs !== undefined && { 'gen_ai.response.time_to_first_chunk': timeToFirstTokenMs / 1000 }),
  }
}

function cacheWrites(tokens: number, conventions: GenAiConventions): Attributes {
  return {
    ...(conventions !== 'latest' && { 'gen_ai.usage.cache_creation.input_tokens': tokens }),
    ...(conventions !== 'current' && { 'gen_ai.usage.cache_write.input_tokens': tokens }),
  }
}

function responseAttributes(call: ModelCall, result: ModelResult | undefined, completion: Completion): Attributes {
  const isDownshifted = result !== undefined && result.model !== call.requestedModel
  const isClamped = result?.clampedToTokens !== undefined && call.maxOutputTokens !== undefined
  return {
    'agent.usage.source': completion.usageSource,
    'agent.cost.usd': usdFromNanos(completion.costNanos),
    ...(isDownshifted && { 'agent.requested_model': call.requestedModel }),
    ...(isClamped && { 'agent.requested_max_tokens': call.maxOutputTokens }),
    ...(result && { 'http.response.status_code': result.status }),
  }
}
