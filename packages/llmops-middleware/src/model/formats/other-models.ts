/** Models that the request lets answer in the place of its own: OpenRouter's `models`, `fallbacks` of others. */
export function otherModels({ models, fallbacks }: Readonly<Record<string, unknown>>): string[] {
  return [models, fallbacks].flatMap((list) => (Array.isArray(list) ? list.map(nameOf) : [])).filter(isName)
}

function nameOf(entry: unknown): unknown {
  return (entry as { readonly model?: unknown } | null)?.model ?? entry
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== ''
}
