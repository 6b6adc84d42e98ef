import type { Problem } from 'llmops-middleware/express'
import { APIConnectionError, APIError } from 'openai'
import { identityErrorIn } from '../model/identity-not-ready-error.ts'
import { NotAuthenticatedError } from '../tenants/not-authenticated-error.ts'
import { DrainingError } from './draining-error.ts'
import { InvalidRequestError } from './invalid-request-error.ts'
import { OverloadedError } from './overloaded-error.ts'

/** The problem for an error that only this agent knows; undefined for an error that the library describes. */
export function describeProblem(error: unknown): Problem | undefined {
  if (error instanceof InvalidRequestError) {
    const { code, message, field } = error
    return { status: 400, code, title: 'The request cannot be used', detail: message, members: { field } }
  }
  if (error instanceof NotAuthenticatedError) {
    const headers = { 'www-authenticate': 'Bearer realm="agent"' }
    return { status: 401, code: error.code, title: 'Unknown tenant', detail: error.message, headers }
  }
  if (error instanceof OverloadedError) {
    const headers = { 'retry-after': String(error.retryAfterSeconds) }
    return { status: 429, code: error.code, title: 'Too many tasks', detail: error.message, headers }
  }
  if (error instanceof DrainingError) {
    const headers = { 'retry-after': '1' }
    return { status: 503, code: error.code, title: 'Stopping', detail: error.message, headers }
  }
  if (identityErrorIn(error)) {
    const detail = 'The agent cannot sign in to the model yet.'
    return { status: 503, code: 'model_unavailable', title: 'No model is available', detail, headers: TRY_LATER }
  }
  if (error instanceof APIError) return describeModelProblem(error)
  return undefined
}

function describeModelProblem(error: APIError): Problem | undefined {
  if (error instanceof APIConnectionError) {
    const detail = 'The model cannot be reached.'
    return { status: 503, code: 'model_unavailable', title: 'No model is available', detail, headers: TRY_LATER }
  }
  if (error.code === 'content_filter') {
    const detail = 'The content filter of the model refused this prompt.'
    return { status: 422, code: error.code, title: 'Refused by the content filter', detail }
  }
  if (error.code === 'context_length_exceeded') {
    const detail = 'The conversation is longer than the model can read.'
    return { status: 413, code: error.code, title: 'Too long for the model', detail }
  }
  return undefined
}

const TRY_LATER = { 'retry-after': '5' }
