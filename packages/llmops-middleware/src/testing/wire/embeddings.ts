import type { AnswerFormat, AnswerRequest } from './format.ts'
import type { Generated } from './generate.ts'
import { openAiError } from './openai-error.ts'

/** OpenAI and Azure OpenAI embeddings (platform.openai.com/docs/api-reference/embeddings); they are not streamed. */
export const embeddings: AnswerFormat = { json, events: () => [], error: openAiError }

function json({ model, usage: { inputTokens } }: Generated, { embed }: AnswerRequest) {
  const ofModel = model.includes('text-embedding-3-large') ? 3072 : 1536
  const { texts = [], dimensions = ofModel, isBase64 = false } = embed ?? {}
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, dimensions)
    const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
    return { object: 'embedding', index, embedding }
  })
  return { object: 'list', model, data, usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } }
}

/** A unit vector of the words of a text, so that texts that share words are near each other. */
function vectorOf(text: string, dimensions: number): Float32Array {
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
