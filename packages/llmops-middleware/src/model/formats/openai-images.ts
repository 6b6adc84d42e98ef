import { addUsage, type Usage } from '../../usage.ts'
import type { FormFile } from '../request/form-data.ts'
import type { AnswerFacts, StreamReader, WireFormat } from '../wire-format.ts'
import { askedModel, isOn, listed, numberOf, openAiMedia, textOf } from './openai-media.ts'
import { endsWithOperation } from './openai-paths.ts'
import { parseEvent } from './parse-event.ts'
import { pictureTokens } from './picture-input.ts'
import { mostOutputTokens } from './picture-output.ts'
import { errorInPlaceOf, providerError } from './provider-error.ts'

type Body = Readonly<Record<string, unknown>>

const OPERATIONS = ['images/generations', 'images/edits', 'images/variations']

/**
 * Images of OpenAI and Azure OpenAI: DALL·E is billed by the image, GPT Image by the token
 * (platform.openai.com/docs/api-reference/images).
 */
export const openAiImages: WireFormat = {
  ...openAiMedia,
  name: 'openai.images',
  operation: 'image_generation',
  recognises: (url) => OPERATIONS.some((operation) => endsWithOperation(url, operation)),
  exampleUrls: [
    ...OPERATIONS.map((operation) => `https://api.openai.com/v1/${operation}`),
    'https://a.openai.azure.com/openai/deployments/d/images/generations',
  ],
  takesForms: true,

  read(url, body) {
    const { prompt, size, quality } = body
    const given = [...listed(body['image']), ...listed(body['images']), ...listed(body['mask'])]
    if (textOf(prompt) === undefined && given.length === 0) return undefined
    const n = body['n'] === undefined || body['n'] === null ? 1 : numberOf(body['n'])
    // A server may interpret an invalid number of images in any way.
    if (n === undefined || !Number.isInteger(n) || n < 0) return undefined
    const pictures = Math.max(1, n)
    const isStream = isOn(body['stream'])
    const partials = Math.max(0, Math.ceil(numberOf(body['partial_images']) ?? 0))
    const pictureSize = textOf(size) === 'auto' ? undefined : textOf(size)
    const pictureQuality = textOf(quality) === 'auto' ? undefined : textOf(quality)
    const inputTokens = given.reduce<number>((sum, each) => sum + pictureTokens(fileOf(each)), 0)
    return {
      model: askedModel(url, body),
      textTokens: Buffer.byteLength(textOf(prompt) ?? '') + inputTokens,
      maxOutputTokens: pictures * mostOutputTokens(size, quality, isStream ? partials : 0),
      takesNoCap: true,
      terms: {
        pictures,
        hasPictures: true,
        ...(pictureSize === undefined ? {} : { pictureSize }),
        ...(pictureQuality === undefined ? {} : { pictureQuality }),
      },
      isStream,
    }
  },

  readAnswer(body) {
    const { data, usage: reported, svg_usage: svg } = body
    const usage = readUsage(reported)
    const error = usage ? {} : errorInPlaceOf(data, body)
    const pictures = Array.isArray(data) ? data.length : undefined
    return {
      ...(usage ? { usage } : error),
      ...(pictures === undefined || 'error' in error ? {} : { pieces: { pictures } }),
      ...addedOf(svg),
    }
  },

  streamReader: () => new PictureReader(),
}

function fileOf(value: unknown): FormFile | undefined {
  return Buffer.isBuffer((value as FormFile | null)?.bytes) ? (value as FormFile) : undefined
}

/** Reads the usage of GPT Image. All output counts as image tokens unless the details say otherwise. */
function readUsage(reported: unknown): Usage | undefined {
  const { input_tokens: inputTokens, output_tokens: outputTokens, ...details } = (reported ?? {}) as Body
  if (typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return undefined
  const input = (details['input_tokens_details'] ?? {}) as Body
  const output = (details['output_tokens_details'] ?? {}) as Body
  const count = (value: unknown) => (typeof value === 'number' ? value : undefined)
  const inputImageTokens = count(input['image_tokens'])
  const cachedInputTokens = count(input['cached_tokens'])
  return {
    inputTokens,
    ...(inputImageTokens === undefined ? {} : { inputImageTokens }),
    ...(cachedInputTokens === undefined ? {} : { cachedInputTokens }),
    outputTokens,
    outputImageTokens: count(output['image_tokens']) ?? outputTokens,
  }
}

/** Reads the usage of the model that writes an SVG drawing, which is billed separately. */
function addedOf(svg: unknown): Pick<AnswerFacts, 'addedUsage'> {
  const { model, input_tokens: inputTokens, output_tokens: outputTokens } = (svg ?? {}) as Body
  if (typeof model !== 'string' || typeof inputTokens !== 'number' || typeof outputTokens !== 'number') return {}
  return { addedUsage: [{ model, usage: { inputTokens, outputTokens } }] }
}

/** Reads `image_generation.partial_image`, then `image_generation.completed` with the usage, and the same for edits. */
class PictureReader implements StreamReader {
  failure: StreamReader['failure']
  hasBegun = false
  isComplete = false
  deliveredTokens = 0
  /** The whole image is billed, whether or not it was delivered. */
  readonly hidesTokens = true
  #usage: Usage | undefined
  #pictures = 0

  read(event: string | undefined, data: string) {
    const body = parseEvent<Body>(data)
    if (body === undefined) return 'malformed'
    const type = typeof body['type'] === 'string' ? body['type'] : event
    if (type === 'error' || (body['error'] && type === undefined)) {
      this.failure = { error: body['error'] ?? body, isTold: true }
      return 'forward'
    }
    this.hasBegun = true
    this.deliveredTokens += 1
    if (type?.endsWith('.completed')) {
      this.isComplete = true
      this.#pictures += 1
      const usage = readUsage(body['usage'])
      if (usage) this.#usage = this.#usage ? addUsage(this.#usage, usage) : usage
    }
    return 'forward'
  }

  facts(): AnswerFacts {
    return {
      ...(this.#usage ? { usage: this.#usage } : {}),
      ...(this.isComplete ? { pieces: { pictures: this.#pictures } } : {}),
      ...providerError(this.failure?.error),
    }
  }
}
