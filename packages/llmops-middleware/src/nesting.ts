/** Values that are nested deeper are refused. */
export const MAX_DEPTH = 64

/** A shorter text is parsed in milliseconds at any depth. */
const LONG = 50_000

/**
 * Whether JSON is nested too deeply. `JSON.parse` takes seconds and gigabytes for ten megabytes of brackets. The result
 * for other text does not matter.
 *
 * @param from the length in characters from which a text is checked
 */
export function isTooDeep(json: string, { from = LONG }: { readonly from?: number } = {}): boolean {
  if (json.length < from) return false
  let depth = 0
  for (let at = 0; at < json.length; at++) {
    const character = json[at]
    if (character === '"') {
      at = endOfString(json, at)
      if (at < 0) return false
    } else if (character === '[' || character === '{') {
      if (++depth > MAX_DEPTH) return true
    } else if (character === ']' || character === '}') depth--
  }
  return false
}

/** Returns the index of the quote that ends a string; -1 if there is none. */
function endOfString(json: string, start: number): number {
  for (let end = json.indexOf('"', start + 1); end >= 0; end = json.indexOf('"', end + 1)) {
    let backslashes = 0
    while (json[end - 1 - backslashes] === '\\') backslashes++
    if (backslashes % 2 === 0) return end
  }
  return -1
}
