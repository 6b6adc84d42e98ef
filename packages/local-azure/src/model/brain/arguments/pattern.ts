/** A schema's pattern without its anchors, to search for inside a text; undefined if it is not a regular expression. */
export function patternInText(pattern: string): RegExp | undefined {
  return compiled(pattern.replace(/^\^|\$$/g, ''))
}

export function matchesPattern(pattern: string, value: unknown): boolean {
  return typeof value === 'string' && (compiled(pattern)?.test(value) ?? true)
}

function compiled(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'u')
  } catch {
    return undefined
  }
}
