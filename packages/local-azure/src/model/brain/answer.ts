const MAX_FACTS = 6

/** A short answer from the results of tools. */
export function answerFrom(results: readonly { readonly tool: string; readonly text: string }[]): string {
  return results.map(({ tool, text }) => sentence(tool, text)).join(' ')
}

function sentence(tool: string, text: string): string {
  const value = parse(text)
  if (typeof value !== 'object' || value === null) return `${tool} says: ${text.slice(0, 200)}.`
  const { message, error } = value as { message?: unknown; error?: unknown }
  if (typeof error === 'string') return `I could not find out: ${error}`
  if (typeof message === 'string') return message
  const articles = textsIn(value)
  if (articles.length) return `${articles[0]} (${tool})`
  return `${tool} found ${factsIn(value).slice(0, MAX_FACTS).join(', ')}.`
}

/** The texts of articles, anywhere in the result. */
function textsIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, item]) =>
    key === 'text' && typeof item === 'string' ? [item] : textsIn(item),
  )
}

function factsIn(value: object, prefix = ''): string[] {
  return Object.entries(value).flatMap(([key, item]) => {
    if (typeof item === 'object' && item !== null) return factsIn(item, `${key} `)
    return typeof item === 'boolean' ? [] : [`${prefix}${key} ${item}`]
  })
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
