import type { Refusal } from './format.ts'

/**
 * Faults that answer instead of the model: they refuse before anything is generated, so they cost nothing.
 *
 * @param kind the kind of fault
 */
export function refusalOf(kind: string | undefined): Refusal | undefined {
  switch (kind) {
    case 'rate_limit':
      return { status: 429, code: 'rate_limit_exceeded', type: 'requests', message: 'Rate limit reached for requests.' }
    case 'server_error':
      return { status: 500, code: 'server_error', type: 'server_error', message: 'The server had an error.' }
    case 'unavailable':
      return { status: 503, code: 'service_unavailable', type: 'server_error', message: 'The engine is overloaded.' }
    case 'context_length':
      return {
        status: 400,
        code: 'context_length_exceeded',
        param: 'messages',
        message: "This model's maximum context length is 8192 tokens. Please reduce the length of the messages.",
      }
    case 'content_filter':
      return {
        status: 400,
        code: 'content_filter',
        param: 'prompt',
        message: "The response was filtered due to the prompt triggering the provider's content management policy.",
        innererror: FILTERED_PROMPT,
      }
    case 'prefill_rejected':
      return { status: 400, code: 'invalid_request', message: 'This model does not support assistant message prefill.' }
    default:
      return undefined
  }
}

/** From learn.microsoft.com/azure/ai-foundry/openai/concepts/content-filter. */
const FILTERED_PROMPT = {
  code: 'ResponsibleAIPolicyViolation',
  content_filter_result: {
    hate: { filtered: false, severity: 'safe' },
    self_harm: { filtered: false, severity: 'safe' },
    sexual: { filtered: false, severity: 'safe' },
    violence: { filtered: true, severity: 'high' },
  },
}
