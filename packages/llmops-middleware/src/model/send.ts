import { isPromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import type { Timing } from '../timing.ts'
import {
  ByteStream,
  type EndRule,
  type ErrorBody,
  isEventStream,
  LateError,
  PieceStream,
  ReadStream,
  readErrorBody,
  readWholeBody,
  StreamBrokenError,
} from './answer/index.ts'
import { completionOfError } from './billed-errors.ts'
import { isCachedByGateway } from './cached-by-gateway.ts'
import { completionOf, leftUnanswered } from './complete.ts'
import { deliveredBody } from './delivered-body.ts'
import type { Finish } from './finish.ts'
import { gatewayCost, tellsItsBill } from './gateway-cost.ts'
import type { ModelCall } from './model-call.ts'
import { answered, type ModelResult, malformed, type OwnErrorFacts, refused } from './model-result.ts'
import { parseObject } from './parse-object.ts'
import { argumentsLike } from './request/arguments-like.ts'
import { withPromptAbort } from './request/prompt-abort.ts'
import { fieldsNamed, RefusedFields } from './request/refused-fields.ts'
import { signedRequestMessage } from './request/signed-request.ts'
import { writeRequest } from './request/write-request.ts'
import { servedTier } from './served-tier.ts'
import { targetHeaders, targetUrl } from './target.ts'
import type { AnswerFacts, ByteReader, RequestChange } from './wire-format.ts'

export type SendOptions = {
  readonly fetch: typeof fetch
  readonly rateCard: RateCard
  /** The longest JSON answer, or event of a stream. */
  readonly maxAnswerBytes: number
  readonly finish: Finish
  /** @default false */
  readonly trustGatewayCost?: boolean | undefined
  /** Returns milliseconds of a monotonic clock. */
  readonly now: () => number
  readonly after: Timing['after']
}

type Asked = { readonly url: URL; readonly finish: Finish; readonly startedAtMs: number }

/** Creates the innermost step of a model call: it calls the provider and reads its answer, once for all layers. */
export function createSend(options: SendOptions): (call: ModelCall) => Promise<ModelResult> {
  // The global fetch obeys its signal, so it needs no wrapper.
  const ask = options.fetch === globalThis.fetch ? options.fetch : withPromptAbort(options.fetch)
  const refusedFields = new RefusedFields()

  return async (call) => {
    const { format, model, maxOutputTokens } = call
    const target = call.targetFor?.(model)
    const change = { model: target?.deployment ?? model, maxOutputTokens }
    const headers = target ? await targetHeaders(call.request.headers, target) : call.request.headers
    const endpoint = target ? targetUrl(call.request.url, target) : call.request.url
    let refused = refusedFields.at(format, endpoint, change.model)
    const request = writeRequest(call, change, target, headers, refused)
    if (!request) return refuseSigned(call, change)
    const finish = target?.finish ?? options.finish
    const asked = { url: request.url, finish, startedAtMs: options.now() }
    let response: Response | undefined
    try {
      response = await ask(...argumentsLike(call.request.read, request))

      // If the provider refuses a field that we added, ask again without it. The hold stays, because an error costs nothing.
      const tried = [request.text]
      while (response.status === 400 || response.status === 422) {
        const body = await errorBody(response, call, options)
        refused = new Set([...refused, ...fieldsNamed(format, tried.at(-1)!, body.text)])
        const again = writeRequest(call, change, target, headers, refused)
        if (!again || tried.includes(again.text)) return failing(response, call, body, asked, options)
        await body.late?.rest.cancel(undefined)
        tried.push(again.text)
        response = await ask(...argumentsLike(call.request.read, again))
      }
      if (!response.ok) return failing(response, call, await errorBody(response, call, options), asked, options)
      if (tried.length > 1) refusedFields.learn(endpoint, change.model, refused)

      const bytes = format.byteReader?.(call.request, response.headers)
      if (bytes && response.body) return passed(response, call, bytes, asked, options)
      const isEvents = isEventStream(response, call.isStream)
      const isStream = isPromise(isEvents) ? await isEvents : isEvents
      return isStream ? streamed(response, call, asked, options) : await whole(response, call, asked, options)
    } catch (error) {
      // An error response is not billed. An aborted request may still be generating, at an unknown cost.
      if (call.signal.aborted && response?.ok !== false) call.onLeft?.(leftUnanswered(call, options.rateCard))
      throw error
    }
  }
}

function refuseSigned(call: ModelCall, change: RequestChange): ModelResult {
  const message = signedRequestMessage(change)
  const error: OwnErrorFacts = { message, type: 'invalid_request_error', code: 'signed_request' }
  return refused(call, error)
}

function errorBody(response: Response, call: ModelCall, { maxAnswerBytes, after }: SendOptions): Promise<ErrorBody> {
  return readErrorBody(response, maxAnswerBytes, call.signal, after)
}

/** Returns an error of the provider: nothing was generated, so hardly any costs something. */
function failing(
  response: Response,
  call: ModelCall,
  { text, late }: ErrorBody,
  { url }: Asked,
  { rateCard }: SendOptions,
): ModelResult {
  const { status } = response
  const completion = completionOfError(call, rateCard, url, { status, text })
  if (!late) return answered(call, response, { text }, completion)
  const error = new LateError(late, { status, message: text }, completion)
  call.open?.add(error)
  return answered(call, response, { pieces: error, progress: error }, error.completion)
}

function streamed(response: Response, call: ModelCall, asked: Asked, options: SendOptions): ModelResult {
  const { rateCard, now, maxAnswerBytes: maxEventLength, trustGatewayCost = false } = options
  const isFree = isCachedByGateway(response.headers)
  const upstream = PieceStream.sourceOf(response.body!)
  const { url, startedAtMs } = asked
  const trustsCost = trustGatewayCost || tellsItsBill(url)
  const finish = endRuleOf(call, asked)
  const reader = call.format.streamReader(url === call.request.url ? call.request : { ...call.request, url })
  const serviceTier = servedTier(response.headers)
  const reading = { rateCard, startedAtMs, now, maxEventLength, isFree, serviceTier, trustsCost, finish }
  const stream = new ReadStream(upstream, call, reader, reading)
  call.open?.add(stream)
  return answered(call, response, { pieces: stream, progress: stream }, stream.completion)
}

/** Passes audio and subtitles on to the caller without parsing them. */
function passed(
  response: Response,
  call: ModelCall,
  reader: ByteReader,
  { startedAtMs }: Asked,
  { rateCard, now }: SendOptions,
): ModelResult {
  const isFree = isCachedByGateway(response.headers)
  const upstream = PieceStream.sourceOf(response.body!)
  const stream = new ByteStream(upstream, call, reader, { rateCard, isFree, startedAtMs, now })
  call.open?.add(stream)
  return answered(call, response, { pieces: stream, progress: stream }, stream.completion)
}

function endRuleOf({ format }: ModelCall, { url, finish }: Asked): EndRule {
  if (finish === 'ignore') return 'any'
  return finish === 'require' || (format.promisesEnd?.(url) ?? true) ? 'promised' : 'done'
}

async function whole(response: Response, call: ModelCall, asked: Asked, options: SendOptions): Promise<ModelResult> {
  const { maxAnswerBytes, rateCard } = options
  const isFree = isCachedByGateway(response.headers)
  const read = await readWholeBody(response, maxAnswerBytes, call.signal)
  const { text } = read
  const value = text === undefined ? undefined : parseObject(text)
  const delivered = deliveredBody(call, read, value === undefined)
  if (text !== undefined && value) {
    const facts = factsOf(value, call)
    const status = facts.error === undefined ? 'completed' : 'failed'
    const costUsd = options.trustGatewayCost
      ? gatewayCost(response.headers, facts)
      : tellsItsBill(asked.url)
        ? facts.costUsd
        : undefined
    return answered(
      call,
      response,
      { text, value },
      completionOf(call, rateCard, {
        status,
        facts,
        isFree,
        delivered,
        costUsd,
        serviceTier: servedTier(response.headers),
      }),
    )
  }
  const isText = text !== undefined && !call.isStream && !isUnreadableJson(response, text)
  const why =
    text === undefined ? `was cut off, or is longer than ${maxAnswerBytes} bytes (\`maxAnswerBytes\`)` : 'is not JSON'
  const message = `The answer of model '${call.model}' ${why}.`
  const error = text === undefined ? new StreamBrokenError(call.model, 0) : new SyntaxError(message)
  const ending = { status: 'broken', facts: {}, isFree, delivered, error } as const
  const completion = completionOf(call, rateCard, ending)
  // SDKs return an answer that is text, or empty, to their caller.
  return isText ? answered(call, response, { text }, completion) : malformed(call, message, completion)
}

/** Whether the content type is JSON but the text is not, so that every SDK fails to read it. */
function isUnreadableJson({ headers }: Response, text: string): boolean {
  return text !== '' && /\bjson\b/i.test(headers.get('content-type') ?? '')
}

/** Returns no facts for an answer of an undocumented shape, whose cost is then unknown. */
function factsOf(body: Readonly<Record<string, unknown>>, { format }: ModelCall): AnswerFacts {
  try {
    return format.readAnswer(body)
  } catch {
    return {}
  }
}
