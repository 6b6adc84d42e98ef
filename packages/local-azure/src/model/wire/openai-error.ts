import type { WireError } from './wire.ts'

/** The error shape of OpenAI and Azure OpenAI (platform.openai.com/docs/guides/error-codes). */
export function openAiError({ status, message, code, type = 'invalid_request_error', param, innererror }: WireError) {
  return {
    error: { message, type, param: param ?? null, code, ...(innererror ? { status, innererror } : {}) },
  }
}
