/** The two names of the cap on output: newer models know only the one, other makers and older versions only the other. */
export const CAP_FIELDS = ['max_completion_tokens', 'max_tokens'] as const

/** What is added to a request of chat completions that does not have it. */
export const ADDED_FIELDS = [...CAP_FIELDS, 'stream_options']

const OLD_FIELDS: ReadonlySet<string> = new Set(['max_completion_tokens', 'stream_options'])

/** They refuse what their documentation does not list (docs.mistral.ai/api); their streams tell the usage unasked. */
const STRICT_HOSTS = new Set(['api.mistral.ai', 'codestral.mistral.ai'])

/** Azure knows both fields from this version on (learn.microsoft.com/azure/ai-services/openai/reference). */
const AZURE_SINCE = '2024-09-01'

/** Those of the added fields that this URL is known to refuse. */
export function refusedFieldsAt({ hostname, searchParams, search }: URL): ReadonlySet<string> | undefined {
  if (STRICT_HOSTS.has(hostname)) return OLD_FIELDS
  const version = search === '' ? null : searchParams.get('api-version')
  return version !== null && /^\d{4}-/.test(version) && version < AZURE_SINCE ? OLD_FIELDS : undefined
}

/** The name for a cap where the application gave none: never none at all. */
export function capFieldFor(refused: ReadonlySet<string>): string {
  return CAP_FIELDS.find((field) => !refused.has(field)) ?? CAP_FIELDS[0]
}
