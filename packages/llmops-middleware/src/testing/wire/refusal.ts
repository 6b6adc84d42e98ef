/** A refusal of your own, in the provider's format. */
export type TestRefusal = {
  /** The HTTP status. */
  readonly status: number
  /** The code of the error. @default none */
  readonly code?: string | undefined
  /** The message of the error. @default 'The script of the test model refuses this call.' */
  readonly message?: string | undefined
  /** The parameter of the request that is refused. @default none */
  readonly param?: string | undefined
}

/** Faults that answer instead of the model: they refuse before anything is generated, so they cost nothing. */
export const refusals = {
  rate_limit: { status: 429, code: 'rate_limit_exceeded', message: 'Rate limit reached for requests.' },
  server_error: { status: 500, code: 'server_error', message: 'The server had an error.' },
  unavailable: { status: 503, code: 'service_unavailable', message: 'The engine is overloaded.' },
  context_length: {
    status: 400,
    code: 'context_length_exceeded',
    param: 'messages',
    message: "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
  },
  content_filter: {
    status: 400,
    code: 'content_filter',
    param: 'prompt',
    message: "The response was filtered due to the prompt triggering the provider's content management policy.",
  },
} satisfies Readonly<Record<string, TestRefusal>>

const DEFAULT_MESSAGE = 'The script of the test model refuses this call.'

/**
 * platform.openai.com/docs/guides/error-codes; what Azure's filter found:
 * learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter.
 */
export function openAiError({ status, code = '', message = DEFAULT_MESSAGE, param }: TestRefusal) {
  const type = status >= 500 ? 'server_error' : status === 429 ? 'requests' : 'invalid_request_error'
  const violence = { filtered: true, severity: 'high' }
  const found = { code: 'ResponsibleAIPolicyViolation', content_filter_result: { violence } }
  const filtered = code === 'content_filter' && { status, innererror: found }
  return { error: { message, type, param: param ?? null, code: code || null, ...filtered } }
}

/** platform.claude.com/docs/en/api/errors */
const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  404: 'not_found_error',
  413: 'request_too_large',
  429: 'rate_limit_error',
  503: 'overloaded_error',
}

export function anthropicError({ status, message = DEFAULT_MESSAGE }: TestRefusal) {
  return { type: 'error', error: { type: ANTHROPIC_TYPES[status] ?? 'api_error', message } }
}
