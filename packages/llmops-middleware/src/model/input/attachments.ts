import { audioSeconds } from './audio-seconds.ts'
import { Base64Bytes, base64Start } from './base64-bytes.ts'
import { documentPages } from './document-pages.ts'
import { pageTokens, speechTokens } from './media-tokens.ts'
import { type PictureSize, pictureSize } from './picture-size.ts'
import { type Picture, pictureTokens } from './picture-tokens.ts'

/** Deeper than any request is that a provider takes. */
const MAX_DEPTH = 64

/** In these a model wrote, or a citation stands: whatever it looks like, it is text. */
const TEXT_TYPES = new Set(['text', 'input_text', 'output_text', 'tool_use', 'server_tool_use', 'mcp_tool_use'])

/** Fields that hold text alone: what a model asked of tools, and where a citation stands. */
const TEXT_FIELDS = new Set(['tool_calls', 'annotations', 'citations'])

const TEXT_MEDIA = /^(text\/|application\/(json|xml|yaml|x-ndjson))/

/** Something that the provider keeps or fetches. */
export type Reference = {
  readonly id: string
  /** Conversations grow with each answer; a file does not. */
  readonly grows: boolean
}

type Part = Readonly<Record<string, unknown>>

/**
 * What a request brings that the bytes of its body do not bound, or bound a thousandfold: pictures, speech, documents,
 * what it only refers to, what tools of the provider will find.
 */
export class Attachments {
  readonly pictures: Picture[] = []
  /** Of speech, in seconds. */
  seconds = 0
  /** Of documents. */
  pages = 0
  /** Of prompts that the provider adds, and of text that came as base64. */
  tokens = 0
  /** Nobody can count beforehand what this brings. */
  isOpen = false
  readonly references: Reference[] = []
  /** Where base64 stands: it is no text. */
  #base64: Map<object, string> | undefined

  refer(id: unknown, grows = false): void {
    if (typeof id === 'string' && id !== '') this.references.push({ id, grows })
    else if (id) this.isOpen = true
  }

  /** What all of this but the references counts as input of a model. */
  tokensOn(model: string): number {
    let tokens = this.tokens
    for (const picture of this.pictures) tokens += pictureTokens(model, picture)
    if (this.seconds > 0) tokens += speechTokens(model, this.seconds)
    return this.pages > 0 ? tokens + this.pages * pageTokens(model) : tokens
  }

  /** Whether models differ in what they count for it. */
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
      // Most of what a conversation holds is text, which needs no look.
      for (const name in part)
        if (typeof part[name] === 'object' && !TEXT_FIELDS.has(name)) this.read(part[name], depth + 1)
    }
  }

  /** How many bytes of the body are text. */
  textBytes(text: string): number {
    const bytes = Buffer.byteLength(text)
    let base64 = 0
    // Base64 has no letter that JSON escapes or that takes more than a byte.
    for (const [holder, name] of this.#base64 ?? [])
      base64 += (holder as Readonly<Record<string, string>>)[name]!.length
    return bytes - base64
  }

  /** Whether base64 stands in a field. */
  isNoText(holder: object, name: string): boolean {
    return this.#base64?.get(holder) === name
  }

  /** Whether a part is one of these; else what is in it may be. */
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
        // Gemini takes documents in the place of pictures.
        if (isOtherMedia(holder[name])) {
          this.#file(holder, name)
          return
        }
        size = this.#sizeIn(holder, name) ?? size
      }
    }
    this.pictures.push({ size, isLow })
  }

  /** Of the picture that stands there, if its bytes do. */
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

  /** A file in the request: a PDF by its pages, text by its bytes; of others nobody can tell. */
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

  /** Mistral takes its base64, and an address of it, in place of the object that OpenAI takes. */
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

  /** An item of a response, or the speech of an earlier message, by nothing but its id. */
  #bareReference(part: Part): boolean {
    if (typeof part['id'] !== 'string' || Object.keys(part).some((name) => name !== 'id' && name !== 'type'))
      return false
    this.refer(part['id'])
    return true
  }
}

/** Where a picture's base64 or address stands. */
const PICTURE_FIELDS = ['image_url', 'url', 'data']

function isOtherMedia(value: unknown): boolean {
  return typeof value === 'string' && value.startsWith('data:') && !value.startsWith('data:image/')
}

/** Where a document's base64 stands, by format. */
const FILE_FIELDS = ['file_data', 'data', 'document_url', 'video_url', 'audio_url', 'url', 'file_url']

function fieldOf(holder: Part): string | undefined {
  return FILE_FIELDS.find((name) => typeof holder[name] === 'string')
}
