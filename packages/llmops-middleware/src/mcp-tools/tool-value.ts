import { isObject } from './tool-definition.ts'
import { visibleText } from './tool-text.ts'

/** How the data of images, audio and binary resources is passed on. */
export type McpMedia = 'describe' | 'keep'

/**
 * A part of a result. With `media: 'describe'`, it has `bytes`, the size, in place of `data` or `blob`, which are
 * base64.
 */
export type McpPart =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'image' | 'audio'; readonly mimeType?: string; readonly bytes: number; readonly data?: string }
  | {
      readonly type: 'resource'
      readonly uri?: string
      readonly mimeType?: string
      readonly text?: string
      readonly bytes?: number
      readonly blob?: string
    }
  | {
      readonly type: 'resource_link'
      readonly uri?: string
      readonly name?: string
      readonly title?: string
      readonly description?: string
      readonly mimeType?: string
    }

/** Any JSON since revision 2026-07-28; an object before. */
type Structured = unknown

/**
 * What a tool of an MCP server returns:
 * - the `structuredContent`, if the server sent nothing else
 * - a text, if the server sent only text
 * - else both, and parts of other kinds, in the order in which they came
 */
export type McpToolValue =
  | string
  | number
  | boolean
  | readonly unknown[]
  | Readonly<Record<string, unknown>>
  | { readonly structuredContent?: Structured; readonly content: readonly McpPart[] }

/** A result as a server sends it. Nothing in it is trusted. */
export type CallResult = {
  readonly content?: unknown
  readonly structuredContent?: unknown
  readonly isError?: unknown
  readonly _meta?: unknown
}

export function readableValueOf(result: CallResult, media: McpMedia): McpToolValue {
  const { structuredContent } = result
  const isStructured = structuredContent !== undefined && structuredContent !== null
  const parts = partsOf(result, media)
  const content = isStructured
    ? parts.filter((part) => part.type !== 'text' || !says(part.text, structuredContent))
    : parts
  if (isStructured && content.length === 0) return structuredContent as McpToolValue
  if (!isStructured && content.every((part) => part.type === 'text')) return content.map(({ text }) => text).join('\n')
  return { ...(isStructured && { structuredContent }), content }
}

/**
 * Returns the structured content, which an output schema describes. If the server sends it only as text, returns the
 * parsed text. Undefined if there is neither.
 */
export function structuredValueOf(result: CallResult): unknown {
  if (result.structuredContent !== undefined && result.structuredContent !== null) return result.structuredContent
  const [text, ...more] = partsOf(result, 'describe')
  return text?.type === 'text' && more.length === 0 ? parsed(text.text) : undefined
}

/** Returns the error text of a server, what is visible of it, in at most `maxChars`: its texts, else its structured content. */
export function textOf(result: CallResult, maxChars: number): string {
  const texts = partsOf(result, 'describe').map((part) => ('text' in part ? part.text : undefined))
  const structured = () => (isObject(result.structuredContent) ? JSON.stringify(result.structuredContent) : '')
  const said = texts.filter((text) => text !== undefined).join('\n') || structured()
  return visibleText(said, maxChars)
}

/** Whether the text is the structured content, which servers also send as text for older clients. */
function says(text: string, structured: Structured): boolean {
  return text === structured || JSON.stringify(parsed(text)) === JSON.stringify(structured)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function partsOf({ content }: CallResult, media: McpMedia): readonly McpPart[] {
  return Array.isArray(content) ? content.filter(isObject).map((part) => partOf(part, media)) : []
}

function partOf(part: Readonly<Record<string, unknown>>, media: McpMedia): McpPart {
  const { type } = part
  if (type === 'text') return { type, text: String(part.text ?? '') }
  if (type === 'image' || type === 'audio') {
    const data = textIn(part, 'data').data ?? ''
    return { type, ...textIn(part, 'mimeType'), bytes: bytesOf(data), ...(media === 'keep' && { data }) }
  }
  if (type === 'resource_link') return { type, ...textIn(part, 'uri', 'name', 'title', 'description', 'mimeType') }
  if (type === 'resource' && isObject(part.resource)) {
    const { blob } = textIn(part.resource, 'blob')
    const binary = blob === undefined ? {} : { bytes: bytesOf(blob), ...(media === 'keep' && { blob }) }
    return { type, ...textIn(part.resource, 'uri', 'mimeType', 'text'), ...binary }
  }
  // A kind of a later revision of the protocol.
  return { type: 'text', text: JSON.stringify(part) }
}

function textIn<Name extends string>(
  object: Readonly<Record<string, unknown>>,
  ...names: readonly Name[]
): { readonly [name in Name]?: string } {
  const texts: { [name in Name]?: string } = {}
  for (const name of names) {
    const value = object[name]
    if (typeof value === 'string') texts[name] = value
  }
  return texts
}

/** Returns the number of bytes that a base64 text represents. */
const bytesOf = (base64: string) => Math.floor((base64.replace(/=+$/, '').length * 3) / 4)
