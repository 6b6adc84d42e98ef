const BYTES_PER_TOKEN = 4

/**
 * Cuts text into the endpoint's tokens: runs of whole characters of at least four UTF-8 bytes. So a text never has more
 * tokens than bytes, and a stream that sends one token a piece delivers exactly what is billed.
 */
export function tokensOf(text: string): string[] {
  const tokens: string[] = []
  let token = ''
  let bytes = 0
  for (const character of text) {
    token += character
    bytes += Buffer.byteLength(character)
    if (bytes >= BYTES_PER_TOKEN) {
      tokens.push(token)
      token = ''
      bytes = 0
    }
  }
  if (token) tokens.push(token)
  return tokens
}

/**
 * How many tokens a text has, without cutting it.
 *
 * @param text any text
 */
export function countTokens(text: string): number {
  return Math.ceil(Buffer.byteLength(text) / BYTES_PER_TOKEN)
}
