import type { Usage } from '../../usage.ts'
import type { FormFile } from '../request/form-data.ts'
import type { AnswerFacts, ByteReader, PieceUsage, StreamReader, WireFormat } from '../wire-format.ts'
import { mostSeconds } from './audio-length.ts'
import { DeliveredText } from './delivered-text.ts'
import { askedModel, isOn, numberOf, openAiMedia, textOf } from './openai-media.ts'
import { endsWithOperation } from './openai-paths.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'

type Body = Readonly<Record<string, unknown>>

const OPERATIONS = ['audio/transcriptions', 'audio/translations']
/** $0.006 a minute at $6 per million is about 17 per second; documented are 10 (openai.com/api/pricing, audio tokens). */
const TOKENS_PER_SECOND = 20
/** A recording has at most 1,500 seconds, an answer 2,000 tokens (developers.openai.com/api/docs/models/gpt-4o-transcribe). */
const MOST_SECONDS = 1_500
const MOST_ANSWER_TOKENS = 2_000
/** If the provider splits a recording, each piece has its own answer (api-reference/audio, `chunking_strategy`). */
const PIECE_SECONDS = 30

/** Transcriptions, and translations to English (platform.openai.com/docs/api-reference/audio). */
export const openAiTranscription: WireFormat = {
  ...openAiMedia,
  name: 'openai.transcription',
  operation: 'transcription',
  recognises: (url) => OPERATIONS.some((operation) => endsWithOperation(url, operation)),
  exampleUrls: [
    ...OPERATIONS.map((operation) => `https://api.openai.com/v1/${operation}`),
    'https://a.openai.azure.com/openai/deployments/d/audio/transcriptions',
  ],
  takesForms: true,

  read(url, body) {
    const { file, prompt, known_speaker_references: voices } = body
    const isChunked = Object.keys(body).some((name) => name.startsWith('chunking_strategy'))
    const bytes = (file as FormFile | undefined)?.bytes
    if (!Buffer.isBuffer(bytes)) return undefined
    const audioSeconds = mostSeconds(bytes)
    // Up to 4 voice samples of up to 10 seconds each.
    const inputSeconds = audioSeconds + (voices === undefined ? 0 : 40)
    const pieces = Math.max(1, Math.ceil(audioSeconds / (isChunked ? PIECE_SECONDS : MOST_SECONDS)))
    return {
      model: askedModel(url, body),
      textTokens: inputSeconds * TOKENS_PER_SECOND + pieces * Buffer.byteLength(textOf(prompt) ?? ''),
      inputs: 1 + Math.ceil(inputSeconds / 600),
      answers: pieces,
      maxOutputTokens: pieces * MOST_ANSWER_TOKENS,
      takesNoCap: true,
      terms: { audioSeconds, hasSound: true },
      isStream: isOn(body['stream']),
    }
  },

  byteReader(_, headers) {
    const type = headers.get('content-type') ?? ''
    return /\b(json|event-stream)\b/i.test(type) ? undefined : new TextReader()
  },

  readAnswer(body) {
    const { text, usage, duration } = body
    const facts = factsOf(usage, duration)
    return facts ?? errorInPlaceOf(text, body)
  },

  streamReader: () => new TranscriptReader(),
}

/** Reads tokens, or seconds for models that bill by the second. */
function factsOf(reported: unknown, duration?: unknown): { usage: Usage } | { pieces: PieceUsage } | undefined {
  const { type, input_tokens: inputTokens, output_tokens: outputTokens, ...rest } = (reported ?? {}) as Body
  if (typeof inputTokens === 'number' && typeof outputTokens === 'number') {
    const details = (rest['input_token_details'] ?? rest['input_tokens_details'] ?? {}) as Body
    const audio = details['audio_tokens']
    const inputAudioTokens = typeof audio === 'number' ? audio : inputTokens
    return { usage: { inputTokens, inputAudioTokens, outputTokens } }
  }
  const seconds = numberOf(type === 'duration' ? rest['seconds'] : duration)
  if (seconds === undefined || seconds <= 0) return undefined
  return { pieces: { audioSeconds: Math.ceil(seconds) } }
}

/** Reads the formats `text`, `srt` and `vtt`, which have no usage. */
class TextReader implements ByteReader {
  readonly #decoder = new TextDecoder()
  readonly #delivered = new DeliveredText()

  read(bytes: Uint8Array): void {
    const text = this.#decoder.decode(bytes, { stream: true })
    this.#delivered.add(text, 0, text.length)
  }

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  facts(): AnswerFacts {
    return {}
  }
}

/** Reads `transcript.text.delta` and `.segment`, then `transcript.text.done` with the usage. */
class TranscriptReader implements StreamReader {
  failure: StreamReader['failure']
  hasBegun = false
  isComplete = false
  readonly hidesTokens = false
  readonly #delivered = new DeliveredText()
  #facts: AnswerFacts = {}

  get deliveredTokens(): number {
    return this.#delivered.tokens
  }

  read(event: string | undefined, data: string) {
    const body = parseEvent<Body>(data)
    if (body === undefined) return 'malformed'
    const type = textOf(body['type']) ?? event
    if (type === 'error' || (body['error'] && type === undefined)) {
      this.failure = { error: body['error'] ?? body, isTold: true }
      return 'forward'
    }
    this.hasBegun = true
    const delta = type === 'transcript.text.segment' ? body['text'] : body['delta']
    if (typeof delta === 'string') this.#delivered.add(delta, 0, delta.length)
    if (type === 'transcript.text.done') {
      this.isComplete = true
      this.#facts = factsOf(body['usage']) ?? {}
    }
    return 'forward'
  }

  facts(): AnswerFacts {
    return { ...this.#facts, ...providerError(this.failure?.error) }
  }
}
