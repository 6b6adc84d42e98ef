import { hash } from 'node:crypto'
import type { AnswerFormat } from './answer-format.ts'
import { countTokens } from './generated.ts'
import { openAiError } from './refusal.ts'

/** OpenAI and Azure OpenAI embeddings (platform.openai.com/docs/api-reference/embeddings); they are not streamed. */
export const embeddings: AnswerFormat = {
  json({ model, usage: { inputTokens } }, { input, dimensions, encoding_format }) {
    const length = Number(dimensions ?? (model.includes('text-embedding-3-large') ? 3072 : 1536))
    const data = inputsOf(input).map((text, index) => {
      const vector = vectorOf(String(text), length)
      const isBase64 = encoding_format === 'base64'
      const embedding = isBase64 ? Buffer.from(vector.buffer).toString('base64') : [...vector]
      return { object: 'embedding', index, embedding }
    })
    return { object: 'list', model, data, usage: { prompt_tokens: inputTokens, total_tokens: inputTokens } }
  },
  events: () => [],
  error: openAiError,
}

/** The inputs; each is a text, or the numbers of its tokens. */
export function inputsOf(input: unknown): readonly unknown[] {
  return Array.isArray(input) && typeof input[0] !== 'number' ? input : [input]
}

/** Of numbers that stand for tokens, each is one. */
export function embeddedTokens(input: unknown): number {
  const tokens = inputsOf(input).map((one) => (Array.isArray(one) ? one.length : countTokens(String(one))))
  return tokens.reduce((sum, count) => sum + count, 0)
}

/** A unit vector of the words of a text, so that texts that share words are near each other. */
function vectorOf(text: string, dimensions: number): Float32Array<ArrayBuffer> {
  const vector = new Float32Array(dimensions)
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text]) {
    const number = hash('sha256', word, 'buffer').readInt32LE()
    vector[Math.abs(number) % dimensions]! += Math.sign(number) || 1
  }
  // Words that cancel each other out still need a direction.
  if (vector.every((value) => value === 0)) vector[0] = 1
  const length = Math.hypot(...vector)
  return vector.map((value) => value / length)
}
