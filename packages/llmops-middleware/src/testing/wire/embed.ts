/**
 * What the embeddings of texts are answered with (platform.openai.com/docs/api-reference/embeddings).
 *
 * @param texts the inputs
 * @param options how many numbers each embedding has, and how they are written
 */
export function embeddingsOf(texts: readonly string[], { model, inputTokens, dimensions, isBase64 }: Embedding) {
  return {
    object: 'list',
    model,
    data: texts.map((text, index) => {
      const vector = embed(text, dimensions)
      const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    }),
    usage: { prompt_tokens: inputTokens, total_tokens: inputTokens },
  }
}

type Embedding = {
  readonly model: string
  readonly inputTokens: number
  readonly dimensions: number
  readonly isBase64: boolean
}

/** A unit vector of the words of a text, so that texts that share words are near each other. */
function embed(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const hash = hashOf(word)
    vector[hash % dimensions]! += hash & 0x8000_0000 ? -1 : 1
  }
  const length = Math.hypot(...vector)
  // Words that cancel each other out still need a direction.
  if (length === 0) vector[0] = 1
  return length === 0 ? vector : vector.map((value) => value / length)
}

/** FNV-1a, 32 bits. */
function hashOf(word: string): number {
  let hash = 0x811c_9dc5
  for (let index = 0; index < word.length; index++) {
    hash = Math.imul(hash ^ word.charCodeAt(index), 0x0100_0193) >>> 0
  }
  return hash
}
