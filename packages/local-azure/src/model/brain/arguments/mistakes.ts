/** Typical mistakes of models in tool arguments. Each function gets the right arguments and returns wrong ones. */
const MISTAKES = {
  trailing_comma: (text) => text.replace(/\}$/, ',}'),
  single_quotes: (text) => text.replaceAll('"', "'"),
  code_fence: (text) => `\`\`\`json\n${text}\n\`\`\``,
  prose: (text) => `Here are the arguments: ${text}`,
  truncated: (text) => text.slice(0, -1),
  number_as_string: (_, value) =>
    JSON.stringify(mapValues(value, (item) => (typeof item === 'number' ? String(item) : item))),
  lower_case: (_, value) =>
    JSON.stringify(mapValues(value, (item) => (typeof item === 'string' ? item.toLowerCase() : item))),
  missing_field: (_, value) => JSON.stringify(Object.fromEntries(Object.entries(value).slice(1))),
  extra_field: (_, value) => JSON.stringify({ ...value, confidence: 0.98 }),
  date_format: (text) => text.replace(/(\d{4})-(\d{2})-(\d{2})/, '$3/$2/$1'),
} as const satisfies Record<string, (text: string, value: Record<string, unknown>) => string>

export type MistakeKind = keyof typeof MISTAKES

export const MISTAKE_KINDS = Object.keys(MISTAKES) as readonly MistakeKind[]

/** Writes arguments as JSON, with the mistake if its name is known. */
export function writeArguments(value: Record<string, unknown>, mistake: string | undefined): string {
  const text = JSON.stringify(value)
  return isMistake(mistake) ? MISTAKES[mistake](text, value) : text
}

export function isMistake(name: string | undefined): name is MistakeKind {
  return name !== undefined && Object.hasOwn(MISTAKES, name)
}

function mapValues(value: Record<string, unknown>, map: (item: unknown) => unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, map(item)]))
}
