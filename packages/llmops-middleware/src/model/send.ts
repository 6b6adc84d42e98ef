import { isPromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import { NO_USAGE } from '../usage.ts'
import { ZERO } from '../usd.ts'
import {
  errorResponse,
  isEventStream,
  type OwnErrorFacts,
  ReadResponse,
  ReadStream,
  readWholeBody,
  StreamResponse,
} from './answer/index.ts'
import { type Complete, completionOf } from './complete.ts'
import type { Completion, ModelCall, ModelResult } from './model-call.ts'
import { argumentsLike } from './request/arguments-like.ts'
import { signedRequestMessage } from './request/signed-request.ts'
import { writeRequest } from './request/write-request.ts'
import { targetHeaders } from './target.ts'
import type { AnswerFacts, RequestChange } from './wire-format.ts'

export type SendOptions = {
  readonly fetch: typeof fetch
  readonly rateCard: RateCard
  /** The longest JSON answer, or event of a stream, that is read. */
  readonly maxAnswerBytes: number
  /** Milliseconds of a clock that only runs forward. */
  readonly now: () => number
}

/** The innermost act of a model call: asks the provider and reads its answer once, for everybody. */
export function createSend(options: SendOptions): (call: ModelCall) => Promise<ModelResult> {
  return async (call) => {
    const { model, maxOutputTokens } = call
    const target = call.targetFor?.(model)
    const change = { model: target?.deployment ?? model, maxOutputTokens }
    const headers = target ? await targetHeaders(call.request.headers, target) : call.request.headers
    const request = writeRequest(call, change, target, headers)
    if (!request) return refuseSigned(call, change)
    const startedAtMs = options.now()
    const response = await options.fetch(...argumentsLike(call.request.read, request))
    const complete = completionOf(call, options.rateCard)
    if (!response.ok) return await failed(response, call, options)
    const isEvents = isEventStream(response, call.isStream)
    if (isPromise(isEvents) ? await isEvents : isEvents) {
      const { now, maxAnswerBytes: maxEventLength } = options
      const stream = new ReadStream(response.body!, call, { complete, startedAtMs, now, maxEventLength })
      call.open?.add(stream)
      return { response: new StreamResponse(response, stream), model, completion: stream.completion, progress: stream }
    }
    return await whole(response, call, complete, options)
  }
}

function refuseSigned({ format, model }: ModelCall, change: RequestChange): ModelResult {
  const error: OwnErrorFacts = {
    message: signedRequestMessage(change),
    type: 'invalid_request_error',
    code: 'signed_request',
  }
  const completion: Completion = {
    status: 'refused',
    usage: NO_USAGE,
    usageSource: 'reported',
    costNanos: ZERO,
    error,
  }
  return {
    response: errorResponse(format, error),
    isRefusal: true,
    model,
    completion: Promise.resolve(completion),
  }
}

/** An error of the provider: nothing was generated, so nothing is charged. */
async function failed(
  response: Response,
  { model, signal }: ModelCall,
  { maxAnswerBytes }: SendOptions,
): Promise<ModelResult> {
  const text = await readWholeBody(response, maxAnswerBytes, signal)
  const completion: Completion = {
    status: 'failed',
    usage: NO_USAGE,
    usageSource: 'reported',
    costNanos: ZERO,
    error: { status: response.status },
  }
  return { response: new ReadResponse(response, text ?? ''), model, completion: Promise.resolve(completion) }
}

async function whole(
  response: Response,
  call: ModelCall,
  complete: Complete,
  { maxAnswerBytes }: SendOptions,
): Promise<ModelResult> {
  const text = await readWholeBody(response, maxAnswerBytes, call.signal)
  const body = text === undefined ? undefined : parseObject(text)
  if (body) {
    const facts = factsOf(body, call)
    const completion = complete(facts.error === undefined ? 'completed' : 'failed', facts, undefined)
    const read = new ReadResponse(response, text!, body)
    return { response: read, model: call.model, completion: Promise.resolve(completion) }
  }
  const message =
    text === undefined
      ? `The answer of model '${call.model}' was cut or longer than ${maxAnswerBytes} bytes.`
      : `The answer of model '${call.model}' is not JSON.`
  const completion = complete('broken', {}, undefined, new SyntaxError(message))
  const error: OwnErrorFacts = { message, type: 'provider_error', code: 'malformed_response' }
  return {
    response: errorResponse(call.format, error),
    model: call.model,
    completion: Promise.resolve(completion),
  }
}

/** An answer of a shape that nobody documented says nothing of what it cost. */
function factsOf(body: Readonly<Record<string, unknown>>, { format }: ModelCall): AnswerFacts {
  try {
    return format.readAnswer(body)
  } catch {
    return {}
  }
}

function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
