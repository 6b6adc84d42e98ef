import type { Usage } from '../../usage.ts'
import type { FormFile } from '../request/form-data.ts'
import type { AnswerFacts, ByteReader, PieceUsage, StreamReader, WireFormat } from '../wire-format.ts'
import { DeliveredText } from './delivered-text.ts'
import { askedModel, isOn, numberOf, openAiMedia, textOf } from './openai-media.ts'
import { endsWithOperation } from './openai-paths.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'
import { mostSeconds } from './sound-length.ts'

type Body = Readonly<Record<string, unknown>>

const OPERATIONS = ['audio/transcriptions', 'audio/translations']
/** $0.006 a minute at $6 a million are some 17 a second; documented are 10 (openai.com/api/pricing, audio tokens). */
const TOKENS_PER_SECOND = 20
/** developers.openai.com/api/docs/models/gpt-4o-transcribe: a recording is 1,500 seconds at most, an answer 2,000 tokens. */
const MOST_SECONDS = 1_500
const MOST_ANSWER_TOKENS = 2_000
/** What is cut into pieces by the provider is answered piece by piece (api-reference/audio, `chunking_strategy`). */
const PIECE_SECONDS = 30

/** What is said in a recording, in its language or in English (platform.openai.com/docs/api-reference/audio). */
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
    // Samples of voices, up to 10 seconds each and up to 4.
    const heard = audioSeconds + (voices === undefined ? 0 : 40)
    const pieces = Math.max(1, Math.ceil(audioSeconds / (isChunked ? PIECE_SECONDS : MOST_SECONDS)))
    return {
      model: askedModel(url, body),
      textTokens: heard * TOKENS_PER_SECOND + pieces * Buffer.byteLength(textOf(prompt) ?? ''),
      inputs: 1 + Math.ceil(heard / 600),
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

/** Tokens, or seconds of models that are billed by them. */
function factsOf(told: unknown, duration?: unknown): { usage: Usage } | { pieces: PieceUsage } | undefined {
  const { type, input_tokens: inputTokens, output_tokens: outputTokens, ...rest } = (told ?? {}) as Body
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

/** `text`, `srt` and `vtt`: no usage comes with them. */
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

/** `transcript.text.delta` and `.segment`, then `transcript.text.done` with the usage. */
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
    const told = parseEvent<Body>(data)
    if (told === undefined) return 'malformed'
    const type = textOf(told['type']) ?? event
    if (type === 'error' || (told['error'] && type === undefined)) {
      this.failure = { error: told['error'] ?? told, isTold: true }
      return 'forward'
    }
    this.hasBegun = true
    const delta = type === 'transcript.text.segment' ? told['text'] : told['delta']
    if (typeof delta === 'string') this.#delivered.add(delta, 0, delta.length)
    if (type === 'transcript.text.done') {
      this.isComplete = true
      this.#facts = factsOf(told['usage']) ?? {}
    }
    return 'forward'
  }

  facts(): AnswerFacts {
    return { ...this.#facts, ...providerError(this.failure?.error) }
  }
}
