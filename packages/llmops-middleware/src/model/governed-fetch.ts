import { checkOptions, checkValue, required, where } from '../check.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { type ErrorCode, httpStatusOf } from '../error-codes.ts'
import { InvalidOptionError } from '../errors.ts'
import { joinSignals } from '../joined-signal.ts'
import { checkScopes, PAYER, type Payer } from '../payer.ts'
import { compose, isPromise } from '../pipeline.ts'
import type { RateCard } from '../pricing/index.ts'
import { type Repeat, repeatUnreferenced } from '../repeat.ts'
import { memorySeen, NOTHING_SEEN } from '../seen.ts'
import { currentTask, lifeOf, recordOf, type Task } from '../task.ts'
import { TaskEndedError, taskEndedMessage } from '../task-ended-error.ts'
import { realTiming, type Timing } from '../timing.ts'
import { allFormats } from './all-formats.ts'
import { OpenCalls } from './answer/index.ts'
import { addAnswerHeaders } from './answer-headers.ts'
import { AnsweredCalls, LikelyUsage } from './answered-calls.ts'
import { BackgroundCalls } from './background-calls.ts'
import { ModelHosts } from './endpoints/model-hosts.ts'
import { type UngovernedCall, UngovernedCalls } from './endpoints/ungoverned-calls.ts'
import type { FetchOptions } from './fetch-options.ts'
import { formatFinder } from './format-finder.ts'
import { HeldInput, readSeen } from './input/held-input.ts'
import { promptText } from './input/prompt-text.ts'
import type { ModelCall, ModelLayer } from './model-call.ts'
import { errorAnswer, NOT_REPEATED } from './model-result.ts'
import { registered } from './registered.ts'
import { readForm } from './request/form-data.ts'
import { parseBody } from './request/parse-body.ts'
import { readRequest } from './request/read-request.ts'
import { createSend } from './send.ts'
import { toResponse } from './to-response.ts'
import type { RequestFacts, WireFormat } from './wire-format.ts'

export type GovernedFetchOptions = FetchOptions & {
  /** Outermost first. */
  readonly layers: readonly ModelLayer[]
  readonly rateCard: RateCard
  /** The tenant that pays for calls outside a task and without `fetchAs`. @default none: such calls are refused */
  readonly defaultTenant?: string | undefined
  /** The scopes of the budget. @default every name is accepted */
  readonly scopes?: readonly string[] | undefined
  /** Called for every POST that is sent to a model host without being governed. */
  readonly ungoverned?: (call: UngovernedCall) => void
  /** Called for each call that is refused before any layer. */
  readonly refused?: (call: RefusedCall) => void
  /** Returns milliseconds of a monotonic clock. */
  readonly now?: () => number
  /** The timer that checks for unread streams. @default a timer that does not keep the process alive */
  readonly repeat?: Repeat
  /** The timer that ends the wait for the body of an error. */
  readonly after?: Timing['after']
}

/** A call that was refused before any layer saw it. */
export type RefusedCall = { readonly code: ErrorCode; readonly message: string; readonly tenant: string | undefined }

export type GovernedFetch = {
  readonly fetch: typeof fetch
  /**
   * Returns a `fetch` that charges a given payer. Inside a task this tenant takes precedence over the task's, and its
   * scopes are added to the task's.
   *
   * @throws InvalidOptionError for a scope that the budget does not know.
   */
  fetchAs(payer: Payer): typeof fetch
  /**
   * Waits until every call has ended, or for `timeoutMs`; then ends the streams that are still open. From then on calls are
   * refused.
   */
  drain(timeoutMs?: number): Promise<void>
}

const MEBIBYTE = 1024 * 1024

/**
 * Creates a `fetch` that runs model calls through layers, and passes everything else through. Any SDK that accepts a
 * `fetch` can use it.
 */
export function createGovernedFetch(options: GovernedFetchOptions): GovernedFetch {
  const {
    layers,
    rateCard,
    defaultTenant,
    scopes: knownScopes,
    fetch: givenFetch = globalThis.fetch,
    formats: ownFormats = [],
    countTokens,
    seen: seenBefore = memorySeen(),
    unknownEndpoints,
    modelHosts,
    ungoverned: onUngoverned = () => {},
    refused: onRefused = () => {},
    maxRequestBytes,
    maxAnswerBytes = 256 * MEBIBYTE,
    finish = 'auto',
    unreadMs = 60_000,
    trustGatewayCost,
    now = performance.now.bind(performance),
    repeat = repeatUnreferenced,
    after = realTiming.after,
  } = options
  // If the global fetch is governed as well, requests that are governed here pass through it.
  const providerFetch = registered()?.passing(givenFetch) ?? givenFetch
  const formatAt = formatFinder(allFormats(ownFormats))
  const hosts = new ModelHosts(modelHosts)
  const ungoverned = new UngovernedCalls({ hosts, unknownEndpoints, onUngoverned, warn })
  const seen = seenBefore || NOTHING_SEEN
  const run = compose(
    layers,
    createSend({ fetch: providerFetch, rateCard, maxAnswerBytes, finish, trustGatewayCost, now, after }),
  )
  const answered = new AnsweredCalls()
  const background = new BackgroundCalls(rateCard, maxAnswerBytes)
  const calls = new OpenCalls({ unreadMs, now, repeat })
  let isClosed = false

  const refuse = (format: WireFormat | undefined, code: ErrorCode, message: string, tenant: string | undefined) => {
    onRefused({ code, message, tenant })
    return format === undefined ? refuseUnknown(message) : refusal(format, code, message)
  }
  const payingTenant = (payer: Payer | undefined) => payer?.tenant ?? currentTask()?.tenant ?? defaultTenant

  async function governed(payer: Payer | undefined, input: FetchInput, init?: RequestInit) {
    const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
    if (method.toUpperCase() !== 'POST') return background.watch(input, providerFetch(input, init))
    const url = input instanceof URL ? input : new URL(input instanceof Request ? input.url : input)
    const format = formatAt(url)
    if (!format) {
      const why = ungoverned.refusalOf(url, payingTenant(payer))
      return why === undefined
        ? background.watch(input, providerFetch(input, init))
        : refuse(undefined, 'ungoverned_request', why, payingTenant(payer))
    }

    if (isClosed) return refuse(format, 'ops_closed', CLOSED, payingTenant(payer))
    const maxBytes = maxRequestBytes ?? format.maxRequestBytes
    const reading = readRequest(input, init, maxBytes, format.takesForms)
    const read = isPromise(reading) ? await reading : reading
    const { text, headers, signal } = read
    if (read.isTooLong) return refuse(format, 'request_too_large', tooLongMessage(maxBytes), payingTenant(payer))
    const { boundary } = read
    const body = text === undefined ? undefined : boundary === undefined ? parseBody(text) : readForm(text, boundary)
    const facts = body && format.read(url, body, headers)
    const task = currentTask()
    const tenant = payingTenant(payer)
    if (text === undefined || !body || !facts) {
      const why = ungoverned.refusalOf(url, tenant, false)
      return why === undefined ? providerFetch(...read.unread) : refuse(format, 'ungoverned_request', why, tenant)
    }
    if (tenant === undefined) {
      return refuse(
        format,
        'no_tenant',
        'No tenant pays for this call: it is made outside of a task, and there is no default tenant. Make it inside ' +
          '`ops.task({ tenant }, …)`, give the SDK `ops.fetchAs({ tenant })`, or set `defaultTenant` in createLlmOps.',
        tenant,
      )
    }

    const { model, attachments, inputs = 1 } = facts
    const references = attachments?.references
    const known = references?.length ? await readSeen(seen, references) : []
    const textTokens = facts.textTokens ?? textTokensOf(facts, text, body)
    if (typeof textTokens !== 'number') return refuse(format, textTokens.code, textTokens.message, tenant)
    const held = new HeldInput({ textTokens, attachments, inputs, rateCard, seen, known })
    const begun = lifeOf(task)?.begin()
    /** Whether the task ended the call, and its own caller did not. */
    const isLost = () => task?.signal.aborted && !signal?.aborted
    if (task && isLost()) {
      recordOf(task)!.callLost()
      begun!.end()
      return refuse(format, TaskEndedError.code, taskEndedMessage(task.id, task.signal.reason), tenant)
    }
    const isText = !attachments || (attachments.pictures.length === 0 && !attachments.isOpen && !references?.length)
    const likely = new LikelyUsage({ answered, tenant, textTokens, isText })
    const joined = joinSignals(signal, task?.signal)
    const open = calls.begin()
    const end = () => {
      calls.end(open)
      joined.release()
      begun?.end()
    }
    const call: ModelCall = {
      format,
      provider: format.provider(url),
      requestedModel: model,
      model,
      inputTokens: held.tokensOn(model),
      input: held,
      likely,
      maxOutputTokens: facts.maxOutputTokens,
      takesNoCap: facts.takesNoCap,
      answers: facts.answers,
      thinkingTokens: facts.thinkingTokens,
      terms: facts.terms,
      isStream: facts.isStream,
      tenant,
      scopes: payer?.scopes ? { ...task?.scopes, ...payer.scopes } : task?.scopes,
      task,
      signal: joined.signal,
      callerSignal: joined.signal,
      attempt: (Number(headers.get('x-stainless-retry-count')) || 0) + 1,
      request: { url, headers, text, body, read },
      open,
      background,
    }
    try {
      const result = await run(call)
      const response = toResponse(result)
      if (result.origin) ungoverned.answered(url)
      // The completion of a whole answer is already settled, so this does not wait.
      if (result.origin && !result.body.pieces) addAnswerHeaders(response.headers, result, await result.completion)
      calls.answered(open, response, joined.signal)
      void result.completion.then(({ status }) => {
        if (status === 'aborted' && isLost()) recordOf(task)!.callLost()
        end()
      })
      return response
    } catch (error) {
      end()
      // An abort by the caller looks the same as without us. SDKs treat anything else that is thrown as a network error.
      if (!task || !isLost()) throw error
      recordOf(task)!.callLost()
      return ended(format, task)
    }
  }

  function textTokensOf(
    { model, attachments }: RequestFacts,
    text: string,
    body: ModelCall['request']['body'],
  ): number | InvalidOptionError {
    // The whole context is held, so the text need not be counted.
    if (attachments?.isOpen) return 0
    if (!countTokens) return attachments?.textBytes(text) ?? Buffer.byteLength(text)
    const prompt = promptText(body, (holder, name) => attachments?.isNoText(holder, name) ?? false)
    const counted = countedBy(countTokens, prompt.text, model)
    return typeof counted === 'number' ? counted + prompt.tokens : counted
  }

  const fetchFor = (payer: Payer | undefined) => governed.bind(undefined, payer) as typeof fetch

  return {
    fetch: fetchFor(undefined),
    fetchAs(payer) {
      checkOptions(payer, PAYER)
      const { tenant, scopes } = payer
      if (scopes !== undefined) checkScopes(scopes, knownScopes)
      return fetchFor({ tenant, scopes })
    },
    async drain(timeoutMs) {
      await calls.drain(timeoutMs)
      isClosed = true
    },
  }
}

const CLOSED =
  'This call was made after `ops.close()`, so it was neither counted nor sent. Close `ops` once nothing calls models any ' +
  'more: after the server has closed, not after a request. For more calls, create another with createLlmOps.'

type FetchInput = Parameters<typeof fetch>[0]

/** What a tokenizer counts; the error with which the call is refused if it throws, or counts no tokens. */
function countedBy(
  countTokens: NonNullable<FetchOptions['countTokens']>,
  text: string,
  model: string,
): number | InvalidOptionError {
  const option = `countTokens(text, '${model}')`
  try {
    const counted: unknown = countTokens(text, model)
    checkValue(counted, TOKENS, option)
    return counted as number
  } catch (error) {
    if (InvalidOptionError.isInstance(error)) return error
    return new InvalidOptionError(option, undefined, TOKENS.accepts, undefined, `threw ${String(error)}`)
  }
}

const TOKENS = required(
  where(
    'a number of tokens from 0',
    (value) => typeof value === 'number' && value >= 0 && value < Number.POSITIVE_INFINITY,
    (value) => (Array.isArray(value) ? 'Did you mean its `length`?' : undefined),
  ),
)

function warn(message: string): void {
  process.emitWarning(message, { type: 'UngovernedCallWarning' })
}

/** In a shape that the SDKs of OpenAI and Anthropic both read, because the format of the request is not known. */
function refuseUnknown(message: string): Response {
  const code: ErrorCode = 'ungoverned_request'
  const error = { message, type: 'invalid_request_error', code, param: null }
  const headers = { 'content-type': 'application/json', ...NOT_REPEATED }
  return Response.json({ type: 'error', error }, { status: httpStatusOf(code), headers })
}

function tooLongMessage(maxBytes: number): string {
  return `The request is longer than ${maxBytes.toLocaleString('en')} bytes, so it was neither governed nor sent. Send less, or raise \`maxRequestBytes\` in createLlmOps.`
}

/** Status 400 or 413: a mistake of the caller, which SDKs do not retry. */
function refusal(format: WireFormat, code: ErrorCode, message: string): Response {
  const isTooLong = code === 'request_too_large'
  const error = { message, type: isTooLong ? code : 'invalid_request_error', code }
  return toResponse(errorAnswer(format, error, NOT_REPEATED, isTooLong ? httpStatusOf(code) : 400))
}

/** Answers a call that its task ended. SDKs do not retry a 400, and pass on its code. */
function ended(format: WireFormat, { id, signal: { reason } }: Task): Response {
  const isDeadline = DeadlineExceededError.isInstance(reason)
  return isDeadline
    ? refusal(format, reason.code, reason.message)
    : refusal(format, TaskEndedError.code, taskEndedMessage(id, reason))
}
