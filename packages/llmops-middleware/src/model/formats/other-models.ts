/** Returns models that may answer instead of the requested one: OpenRouter's `models`, or `fallbacks` elsewhere. */
export function otherModels({ models, fallbacks }: Readonly<Record<string, unknown>>): readonly string[] {
  if (models === undefined && fallbacks === undefined) return NONE
  return [models, fallbacks].flatMap((list) => (Array.isArray(list) ? list.map(nameOf) : [])).filter(isName)
}

const NONE: readonly string[] = []

function nameOf(entry: unknown): unknown {
  return (entry as { readonly model?: unknown } | null)?.model ?? entry
}

function isName(name: unknown): name is string {
  return typeof name === 'string' && name !== ''
}
