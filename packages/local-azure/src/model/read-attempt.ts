import type { IncomingMessage } from 'node:http'
import { isMistake, MISTAKE_KINDS, type MistakeKind } from './brain/arguments/mistakes.ts'
import type { ModelEndpointOptions } from './endpoint-options.ts'
import type { Fault } from './faults/fault.ts'
import { InvalidFaultError } from './faults/invalid-fault-error.ts'
import { readFaultHeader } from './faults/read-fault.ts'
import { headerOf, parseObject, readText } from './http-messages.ts'
import { isWireError, type Wire, type WireError, type WireRequest } from './wire/wire.ts'

export type ReadAttempt = WireRequest & {
  readonly body: Readonly<Record<string, unknown>>
  /** A fault or mistake that the headers ask for. It takes precedence over queued faults. */
  readonly forced: { readonly fault: Fault | undefined; readonly mistake: MistakeKind | undefined }
}

const MAX_BODY_BYTES = 20 * 1024 * 1024

/** Reads a request, or returns the error with which its provider would refuse it. */
export async function readAttempt(
  request: IncomingMessage,
  wire: Wire,
  deployment: string,
  { maxBodyBytes = MAX_BODY_BYTES, requireKey = true }: ModelEndpointOptions,
): Promise<ReadAttempt | WireError> {
  const text = await readText(request, maxBodyBytes)
  if (text === undefined) return { status: 413, code: 'payload_too_large', message: 'The body is too large.' }
  if (requireKey && !hasKey(request)) {
    return { status: 401, code: 'invalid_api_key', message: 'You did not provide an API key.' }
  }
  const body = parseObject(text)
  if (!body) return { status: 400, code: 'invalid_request', message: 'We could not parse the JSON body.' }
  const read = wire.read(body, deployment)
  if (isWireError(read)) return read
  const forced = readForced(request)
  return isWireError(forced) ? forced : { ...read, body, forced }
}

function hasKey({ headers }: IncomingMessage): boolean {
  return Boolean(headers.authorization || headers['api-key'] || headers['x-api-key'])
}

function readForced(request: IncomingMessage): ReadAttempt['forced'] | WireError {
  const mistake = headerOf(request, 'x-mistake')
  if (mistake !== undefined && !isMistake(mistake)) {
    const message = `\`x-mistake\` is '${mistake}'; accepted is one of ${MISTAKE_KINDS.join(', ')}.`
    return { status: 400, code: 'invalid_mistake', message }
  }
  const fault = headerOf(request, 'x-fault')
  try {
    return { mistake, fault: fault === undefined ? undefined : readFaultHeader(fault) }
  } catch (error) {
    if (!(error instanceof InvalidFaultError)) throw error
    return { status: 400, code: error.code, message: error.message }
  }
}
