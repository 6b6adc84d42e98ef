import type { Refusal } from './format.ts'

/** The error shape of OpenAI and Azure OpenAI (platform.openai.com/docs/guides/error-codes). */
export function openAiError({ status, message, code, type = 'invalid_request_error', param, innererror }: Refusal) {
  return {
    error: { message, type, param: param ?? null, code, ...(innererror ? { status, innererror } : {}) },
  }
}

/** platform.claude.com/docs/en/api/errors */
const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}

export function anthropicError({ status, message }: Refusal) {
  return { type: 'error', error: { type: TYPES[status] ?? 'api_error', message } }
}
