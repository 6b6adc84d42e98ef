import { addUsage, type Usage } from '../../usage.ts'
import { Mp3Length } from '../input/audio-seconds.ts'
import type { AnswerFacts, ByteReader, StreamReader, WireFormat } from '../wire-format.ts'
import { askedModel, openAiMedia, textOf } from './openai-media.ts'
import { endsWithOperation } from './openai-paths.ts'
import { parseEvent } from './parse-event.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'

type Body = Readonly<Record<string, unknown>>

/** Audio tokens per second: $0.015 a minute at $12 per million (developers.openai.com/api/docs/models/gpt-4o-mini-tts). */
const TOKENS_PER_SECOND = 1_250 / 60
/**
 * English takes 1.3 audio tokens per character (s-anand.net/blog/openai-tts-cost, measured), and can be spoken at a quarter
 * of the speed. No documentation gives an upper bound, which the guarantee says.
 */
const TOKENS_PER_BYTE = 4
const LEAST_TOKENS = 250
/** `pcm` and `wav` are 24,000 samples a second of 16 bits (platform.openai.com/docs/guides/text-to-speech). */
const PLAIN_BYTES_PER_SECOND = 48_000

/** Text to speech (platform.openai.com/docs/api-reference/audio/createSpeech): the answer is audio, or events with audio. */
export const openAiSpeech: WireFormat = {
  ...openAiMedia,
  name: 'openai.speech',
  operation: 'text_to_speech',
  recognises: (url) => endsWithOperation(url, 'audio/speech'),
  exampleUrls: [
    'https://api.openai.com/v1/audio/speech',
    'https://a.openai.azure.com/openai/deployments/d/audio/speech',
  ],

  read(url, body) {
    const { input, instructions } = body
    if (typeof input !== 'string') return undefined
    return {
      model: askedModel(url, body),
      textTokens: Buffer.byteLength(input) + Buffer.byteLength(textOf(instructions) ?? ''),
      maxOutputTokens: mostTokens(input),
      takesNoCap: true,
      terms: { characters: charactersOf(input), hasSound: true },
      isStream: body['stream_format'] === 'sse',
    }
  },

  byteReader({ body }, headers) {
    return isText(headers) ? undefined : new SoundReader(body)
  },

  readAnswer: (body) => ({ ...errorInPlaceOf(undefined, body) }),
  streamReader: () => new SpeechReader(),
}

/** The audio is generated to its end, even if the caller aborts. */
class SoundReader implements ByteReader {
  readonly #body: Body
  #bytes = 0
  readonly #mp3 = new Mp3Length()

  constructor(body: Body) {
    this.#body = body
  }

  read(bytes: Uint8Array): void {
    this.#bytes += bytes.byteLength
    if (this.#isMp3) this.#mp3.add(bytes)
  }

  get deliveredTokens(): number {
    const { input, response_format: format } = this.#body
    const isPlain = format === 'pcm' || format === 'wav'
    if (!isPlain && !this.#isMp3) return mostTokens(String(input))
    const seconds = isPlain ? this.#bytes / PLAIN_BYTES_PER_SECOND : this.#mp3.seconds
    return Math.ceil(seconds * TOKENS_PER_SECOND - 1e-6)
  }

  /** MP3 is the default format. */
  get #isMp3(): boolean {
    const { response_format: format } = this.#body
    return format === undefined || format === null || format === 'mp3'
  }

  facts(): AnswerFacts {
    return { pieces: { characters: charactersOf(String(this.#body['input'])) } }
  }
}

/** Reads `speech.audio.delta`, then `speech.audio.done` with the usage. */
class SpeechReader implements StreamReader {
  failure: StreamReader['failure']
  hasBegun = false
  isComplete = false
  deliveredTokens = 0
  readonly hidesTokens = true
  #usage: Usage | undefined

  read(event: string | undefined, data: string) {
    const body = parseEvent<Body>(data)
    if (body === undefined) return 'malformed'
    const type = textOf(body['type']) ?? event
    if (type === 'error' || (body['error'] && type === undefined)) {
      this.failure = { error: body['error'] ?? body, isTold: true }
      return 'forward'
    }
    this.hasBegun = true
    this.deliveredTokens += 1
    if (type === 'speech.audio.done') {
      this.isComplete = true
      const usage = usageOf(body['usage'])
      if (usage) this.#usage = this.#usage ? addUsage(this.#usage, usage) : usage
    }
    return 'forward'
  }

  facts(): AnswerFacts {
    return { ...(this.#usage ? { usage: this.#usage } : {}), ...providerError(this.failure?.error) }
  }
}

function usageOf(reported: unknown): Usage | undefined {
  const { input_tokens: inputTokens, output_tokens: outputTokens } = (reported ?? {}) as Body
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  return { inputTokens, outputTokens, outputAudioTokens: outputTokens }
}

/** Counts UTF-16 units, which are never fewer than the billed characters. */
function charactersOf(input: string): number {
  return Math.max(1, input.length)
}

function mostTokens(input: string): number {
  return LEAST_TOKENS + TOKENS_PER_BYTE * Buffer.byteLength(input)
}

function isText(headers: Headers): boolean {
  return /\b(json|event-stream)\b/i.test(headers.get('content-type') ?? '')
}
