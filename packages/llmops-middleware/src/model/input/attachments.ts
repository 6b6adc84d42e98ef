/** Deeper than any request is that a provider takes. */
const MAX_DEPTH = 64

/**
 * Speech counts a token for each 100 ms (platform.openai.com/docs/guides/realtime-costs). The smallest files of speech
 * have 8 kbit a second: 1,334 letters of base64 for ten tokens.
 */
const AUDIO_BASE64_PER_TOKEN = 133

/** In these a model wrote, or a citation stands: whatever it looks like, it is text. */
const TEXT_TYPES = new Set(['text', 'input_text', 'output_text', 'tool_use', 'server_tool_use', 'mcp_tool_use'])

/** Fields that hold text alone: what a model asked of tools, and where a citation stands. */
const TEXT_FIELDS = new Set(['tool_calls', 'annotations', 'citations'])

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
  pictures = 0
  /** Of speech, and of prompts that the provider adds. */
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

  /** The body's text as a tokenizer should see it. */
  textOf(text: string, body: object): string {
    const base64 = this.#base64
    if (!base64) return text
    return JSON.stringify(body, function (this: object, name, value) {
      return base64.get(this) === name ? undefined : value
    })
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
        this.pictures++
        this.#isNoText(part, 'result')
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
    this.pictures++
    for (const holder of [part, part['image_url'], part['source']]) {
      if (typeof holder !== 'object' || holder === null) continue
      for (const name of ['image_url', 'url', 'data']) this.#pictureIn(holder as Part, name)
    }
  }

  #pictureIn(holder: Part, name: string): void {
    const value = holder[name]
    if (typeof value !== 'string') return
    // Gemini takes documents in the place of pictures.
    if (value.startsWith('data:') && !value.startsWith('data:image/')) this.isOpen = true
    if (name === 'data' || value.startsWith('data:')) this.#isNoText(holder, name)
  }

  #document(part: Part, depth: number): void {
    const of = part['source'] ?? part['file'] ?? part[part['type'] as string] ?? part
    const { type, content, file_id, file_url, url } = (typeof of === 'object' ? of : { url: of }) as Part
    const id = file_id ?? file_url ?? url
    if (type === 'content') this.read(content, depth + 1)
    else if (typeof id === 'string' && !id.startsWith('data:')) this.refer(id)
    else if (type !== 'text') this.isOpen = true
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
    if (/^https?:/.test(speech)) {
      this.refer(speech)
    } else {
      this.tokens += Math.ceil(speech.length / AUDIO_BASE64_PER_TOKEN)
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
