/** The two names of the output cap: newer models accept only the first, other makers and older versions only the second. */
export const CAP_FIELDS = ['max_completion_tokens', 'max_tokens'] as const

/** The fields that may be added to a chat completions request. */
export const ADDED_FIELDS = [...CAP_FIELDS, 'stream_options']

const OLD_FIELDS: ReadonlySet<string> = new Set(['max_completion_tokens', 'stream_options'])

/** They refuse undocumented fields (docs.mistral.ai/api), and their streams include the usage unasked. */
const STRICT_HOSTS = new Set(['api.mistral.ai', 'codestral.mistral.ai'])

/** Azure accepts both fields since this version (learn.microsoft.com/azure/ai-services/openai/reference). */
const AZURE_SINCE = '2024-09-01'

/** Returns the added fields that this URL is known to refuse. */
export function refusedFieldsAt({ hostname, searchParams, search }: URL): ReadonlySet<string> | undefined {
  if (STRICT_HOSTS.has(hostname)) return OLD_FIELDS
  const version = search === '' ? null : searchParams.get('api-version')
  return version !== null && /^\d{4}-/.test(version) && version < AZURE_SINCE ? OLD_FIELDS : undefined
}

/** Returns the field for a cap if the request has none. Falls back to the first name, so that a cap is always sent. */
export function capFieldFor(refused: ReadonlySet<string>): string {
  return CAP_FIELDS.find((field) => !refused.has(field)) ?? CAP_FIELDS[0]
}
