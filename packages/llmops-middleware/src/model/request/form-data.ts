import type { ModelRequest } from '../model-call.ts'

/** A file in a form. */
export type FormFile = { readonly fileName: string; readonly bytes: Buffer }

type Part = {
  readonly name: string
  readonly fileName: string | undefined
  readonly start: number
  readonly end: number
}

const BOUNDARY = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]+)"|([^\s;]+))/i

/** Returns the boundary between the parts of a form; undefined if the body is not a form. */
export function boundaryOf(headers: Headers): string | undefined {
  const match = BOUNDARY.exec(headers.get('content-type') ?? '')
  return match ? (match[1] ?? match[2]) : undefined
}

/**
 * Returns the fields of a form (RFC 7578): a text, a file, or a list for a name that ends in `[]` or has several files.
 *
 * @param text the body, with one character per byte
 * @returns undefined for a form that servers may read in different ways
 */
export function readForm(text: string, boundary: string): Readonly<Record<string, unknown>> | undefined {
  const parts = partsOf(text, boundary)
  if (!parts) return undefined
  const body: Record<string, unknown> = Object.create(null)
  for (const { name, fileName, start, end } of parts) {
    const bytes = Buffer.from(text.slice(start, end), 'latin1')
    const value: FormFile | string = fileName === undefined ? bytes.toString() : { fileName, bytes }
    const field = name.replace(/\[\d*\]$/, '')
    const isList = field !== name
    const before = body[field]
    if (before === undefined) body[field] = isList ? [value] : value
    else if (Array.isArray(before)) before.push(value)
    // If a text field occurs twice, servers may differ in which one they use.
    else if (fileName === undefined || typeof before === 'string') return undefined
    else body[field] = [before, value]
  }
  return body
}

/** Returns the same form with another model. */
export function withModel({ text, headers }: ModelRequest, model: string): string {
  const boundary = boundaryOf(headers)
  const parts = (boundary !== undefined && partsOf(text, boundary)) || []
  const part = parts.find(({ name }) => name === 'model')
  return part ? text.slice(0, part.start) + Buffer.from(model).toString('latin1') + text.slice(part.end) : text
}

function partsOf(text: string, boundary: string): readonly Part[] | undefined {
  const delimiter = `--${boundary}`
  const parts: Part[] = []
  let at = isDelimiter(text, 0, delimiter) ? 0 : nextDelimiter(text, 0, delimiter) + 2
  if (at === 1) return undefined
  for (;;) {
    at += delimiter.length
    if (text.startsWith('--', at)) return parts
    const line = text.indexOf('\r\n', at)
    const start = text.indexOf('\r\n\r\n', at) + 4
    const end = nextDelimiter(text, start - 2, delimiter)
    if (line < 0 || start < 4 || end < 0) return undefined
    const part = partOf(text.slice(line + 2, start - 4), start, Math.max(start, end))
    if (!part) return undefined
    parts.push(part)
    at = end + 2
  }
}

/** Returns the index of the line end before the next delimiter; -1 if there is none. */
function nextDelimiter(text: string, from: number, delimiter: string): number {
  let at = text.indexOf(`\r\n${delimiter}`, from)
  while (at >= 0 && !isDelimiter(text, at + 2, delimiter)) at = text.indexOf(`\r\n${delimiter}`, at + 2)
  return at
}

/** Whether a line is the delimiter, and not a longer word that starts with it (RFC 2046, section 5.1.1). */
function isDelimiter(text: string, at: number, delimiter: string): boolean {
  const end = at + delimiter.length
  return text.startsWith(delimiter, at) && /^(--|[ \t]*\r\n)/.test(text.slice(end, end + 20))
}

function partOf(head: string, start: number, end: number): Part | undefined {
  const disposition = /^content-disposition:\s*form-data\s*;(.*)$/im.exec(head)?.[1]
  const name = disposition && parameter(disposition, 'name')
  if (name === undefined) return undefined
  return { name, fileName: parameter(disposition!, 'filename'), start, end }
}

/** Reads a parameter, with or without quotes. */
function parameter(disposition: string, name: string): string | undefined {
  const match = new RegExp(`(?:^|;)\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;]+))`, 'i').exec(disposition)
  return match ? (match[1] ?? match[2]) : undefined
}
