import { isObject } from './invalid-request.ts'

/** The text of a message whose content is a string or an array of parts; images and files say nothing to this model. */
export function contentText(content: unknown): string {
  if (typeof content === 'string') return content
  if (!Array.isArray(content)) return ''
  return content.map((part) => (isObject(part) && typeof part['text'] === 'string' ? part['text'] : '')).join('')
}
