import type { Refusal } from './format.ts'

/** The error shape of OpenAI and Azure OpenAI (platform.openai.com/docs/guides/error-codes). */
export function openAiError({ status, message, code, type = 'invalid_request_error', param, innererror }: Refusal) {
  return {
    error: { message, type, param: param ?? null, code, ...(innererror ? { status, innererror } : {}) },
  }
}
