import { audioSeconds } from './audio-seconds.ts'
import { Base64Bytes, base64Start } from './base64-bytes.ts'
import { documentPages } from './document-pages.ts'
import { pageTokens, speechTokens } from './media-tokens.ts'
import { type PictureSize, pictureSize } from './picture-size.ts'
import { type Picture, pictureTokens } from './picture-tokens.ts'

/** Deeper than any request that a provider accepts. */
const MAX_DEPTH = 64

/** Parts that only contain text, whatever it looks like: what a model wrote, and citations. */
const TEXT_TYPES = new Set(['text', 'input_text', 'output_text', 'tool_use', 'server_tool_use', 'mcp_tool_use'])

/** Fields that only contain text: tool calls and citations. */
const TEXT_FIELDS = new Set(['tool_calls', 'annotations', 'citations'])

const TEXT_MEDIA = /^(text\/|application\/(json|xml|yaml|x-ndjson))/

/** Content that the provider stores or fetches. */
export type Reference = {
  readonly id: string
  /** Whether it grows with each answer, as a conversation does and a file does not. */
  readonly grows: boolean
}

type Part = Readonly<Record<string, unknown>>

/**
 * The input of a request for which the size of its body is no bound, or a far too high one: images, speech, documents,
 * references, and results of the provider's tools.
 */
export class Attachments {
  readonly pictures: Picture[] = []
  /** Seconds of speech. */
  seconds = 0
  /** Pages of documents. */
  pages = 0
  /** Tokens of prompts that the provider adds, and of text in base64. */
  tokens = 0
  /** Whether the input cannot be counted in advance. */
  isOpen = false
  readonly references: Reference[] = []
  /** Whether the provider keeps the conversation under the id of its answer, with tools that later requests do not name. */
  isKept = false
  /** The fields that contain base64, which is not text. */
  #base64: Map<object, string> | undefined

  refer(id: unknown, grows = false): void {
    if (typeof id === 'string' && id !== '') this.references.push({ id, grows })
    else if (id) this.isOpen = true
  }

  /** Returns the input tokens of everything except the references. */
  tokensOn(model: string): number {
    let tokens = this.tokens
    for (const picture of this.pictures) tokens += pictureTokens(model, picture)
    if (this.seconds > 0) tokens += speechTokens(model, this.seconds)
    return this.pages > 0 ? tokens + this.pages * pageTokens(model) : tokens
  }

  /** Whether models count different numbers of tokens for it. */
  get isMedia(): boolean {
    return this.pictures.length > 0 || this.seconds > 0 || this.pages > 0
  }

  /** Reads messages, items and parts at any depth. */
  read(value: unknown, depth = 0): void {
    if (typeof value !== 'object' || value === null) return
    if (depth > MAX_DEPTH) {
      this.isOpen = true
    } else if (Array.isArray(value)) {
      for (const each of value) this.read(each, depth + 1)
    } else if (!this.#take(value as Part, depth)) {
      const part = value as Part
      // Most values of a conversation are text, which is skipped.
      for (const name in part)
        if (typeof part[name] === 'object' && !TEXT_FIELDS.has(name)) this.read(part[name], depth + 1)
    }
  }

  /** Returns how many bytes of the body are text. */
  textBytes(text: string): number {
    const bytes = Buffer.byteLength(text)
    let base64 = 0
    // Each character of base64 is one byte, and JSON escapes none of them.
    for (const [holder, name] of this.#base64 ?? [])
      base64 += (holder as Readonly<Record<string, string>>)[name]!.length
    return bytes - base64
  }

  /** Whether a field contains base64. */
  isNoText(holder: object, name: string): boolean {
    return this.#base64?.get(holder) === name
  }

  /** Adds a part of a known type. Returns false if the part may contain such parts. */
  #take(part: Part, depth: number): boolean {
    switch (part['type']) {
      case 'image_url':
      case 'input_image':
      case 'image':
      case 'computer_screenshot':
        this.#picture(part)
        return true
      case 'image_generation_call':
        this.pictures.push({ size: this.#sizeIn(part, 'result'), isLow: false })
        return true
      case 'file':
      case 'input_file':
      case 'document':
      case 'document_url':
      case 'video_url':
      case 'audio_url':
      case 'input_video':
      case 'video':
        this.#document(part, depth)
        return true
      case 'input_audio':
        this.#speech(part)
        return true
      case 'container_upload':
        this.isOpen = true
        return true
      case 'item_reference':
        this.refer(part['id'] ?? part)
        return true
      case undefined:
      case null:
        return this.#bareReference(part)
      default:
        return TEXT_TYPES.has(part['type'] as string)
    }
  }

  #picture(part: Part): void {
    let size: PictureSize | undefined
    let isLow = false
    for (const holder of [part, part['image_url'], part['source']] as (Part | null | undefined)[]) {
      if (typeof holder !== 'object' || holder === null) continue
      isLow ||= holder['detail'] === 'low'
      for (const name of PICTURE_FIELDS) {
        // Gemini accepts documents in the fields of images.
        if (isOtherMedia(holder[name])) {
          this.#file(holder, name)
          return
        }
        size = this.#sizeIn(holder, name) ?? size
      }
    }
    this.pictures.push({ size, isLow })
  }

  /** Returns the size of the image in a field, if its bytes are there. */
  #sizeIn(holder: Part, name: string): PictureSize | undefined {
    const value = holder[name]
    const start = typeof value === 'string' ? base64Start(value) : undefined
    if (start === undefined) return undefined
    this.#isNoText(holder, name)
    return pictureSize(new Base64Bytes(value as string, start))
  }

  #document(part: Part, depth: number): void {
    const of = part['source'] ?? part['file'] ?? part[part['type'] as string] ?? part
    const holder = (typeof of === 'object' ? of : part) as Part
    const { type, content, file_id, file_url, url } = typeof of === 'object' ? holder : { url: of }
    const id = (file_id ?? file_url ?? url) as unknown
    if (type === 'content') this.read(content, depth + 1)
    else if (typeof id === 'string' && !id.startsWith('data:')) this.refer(id)
    else if (type !== 'text') this.#file(holder, fieldOf(holder))
  }

  /** Adds a file: a PDF by its pages, text by its bytes. Other files cannot be counted. */
  #file(holder: Part, name: string | undefined): void {
    const value = name === undefined ? undefined : holder[name]
    const start = typeof value === 'string' ? base64Start(value) : undefined
    if (start === undefined) {
      this.isOpen = true
      return
    }
    const text = value as string
    const media = String(start > 0 ? text.slice(5, start) : (holder['media_type'] ?? ''))
    this.#isNoText(holder, name!)
    const bytes = new Base64Bytes(text, start)
    if (TEXT_MEDIA.test(media)) {
      this.tokens += bytes.length
      return
    }
    const pages = documentPages(bytes.readAll())
    if (pages === undefined) this.isOpen = true
    else this.pages += pages
  }

  /** OpenAI accepts an object; Mistral accepts the base64 or a URL in its place. */
  #speech(part: Part): void {
    const audio = part['input_audio']
    if (typeof audio === 'string') this.#speechIn(part, 'input_audio')
    else if (typeof audio === 'object') for (const name of ['data', 'url']) this.#speechIn(audio as Part | null, name)
  }

  #speechIn(holder: Part | null, name: string): void {
    const speech = holder?.[name]
    if (typeof speech !== 'string') return
    const start = base64Start(speech)
    if (start === undefined) {
      this.refer(speech)
    } else {
      this.seconds += audioSeconds(new Base64Bytes(speech, start))
      this.#isNoText(holder!, name)
    }
  }

  #isNoText(holder: object, name: string): void {
    this.#base64 ??= new Map()
    this.#base64.set(holder, name)
  }

  /** Adds an item of a response, or the audio of an earlier message, that is given only by its id. */
  #bareReference(part: Part): boolean {
    if (typeof part['id'] !== 'string' || Object.keys(part).some((name) => name !== 'id' && name !== 'type'))
      return false
    this.refer(part['id'])
    return true
  }
}

/** Fields that can contain the base64 or URL of an image. */
const PICTURE_FIELDS = ['image_url', 'url', 'data']

function isOtherMedia(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('data:') && !value.startsWith('data:image/')
}

/** Fields that can contain the base64 of a document. */
const FILE_FIELDS = ['file_data', 'data', 'document_url', 'video_url', 'audio_url', 'url', 'file_url']

function fieldOf(holder: Part): string | undefined {
  return FILE_FIELDS.find((name) => typeof holder[name] === 'string')
}
