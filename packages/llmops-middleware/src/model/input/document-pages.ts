import { inflateSync } from 'node:zlib'

/** The most bytes that are unpacked to find pages. A document that needs more is not counted. */
const MOST_UNPACKED_BYTES = 32 * 1024 * 1024

/** Returns the number of pages of a PDF; undefined if it is not a PDF, is encrypted, or is too large to unpack. */
export function documentPages(bytes: Buffer): number | undefined {
  if (bytes.subarray(0, 1024).indexOf('%PDF-') < 0 || bytes.includes('/Encrypt')) return undefined
  const texts = [bytes.toString('latin1')]
  let left = MOST_UNPACKED_BYTES
  for (const stream of objectStreams(bytes)) {
    const unpacked = unpack(stream, left)
    if (unpacked === undefined) return undefined
    left -= unpacked.length
    texts.push(unpacked.toString('latin1'))
  }
  // Revisions leave old pages in the file, and the page tree can be packed separately from the pages.
  return Math.max(sum(texts.map(pagesIn)), ...texts.map(countedIn)) || undefined
}

const PAGE = /\/Type\s*\/Page(?![A-Za-z])/g
const COUNT = /\/Count\s+(\d{1,6})(?!\d)/g

function pagesIn(text: string): number {
  return text.match(PAGE)?.length ?? 0
}

/** Returns the number of pages that the page tree states. */
function countedIn(text: string): number {
  if (!/\/Type\s*\/Pages/.test(text)) return 0
  return Math.max(0, ...Array.from(text.matchAll(COUNT), ([, count]) => Number(count)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** Since version 1.5, pages can be packed into object streams (ISO 32000, 7.5.7). */
function* objectStreams(bytes: Buffer): Generator<Buffer> {
  for (let at = bytes.indexOf('/ObjStm'); at >= 0; at = bytes.indexOf('/ObjStm', at + 1)) {
    const start = bytes.indexOf('stream', at)
    const end = bytes.indexOf('endstream', start)
    if (start < 0 || end < 0) return
    const isWide = bytes[start + 6] === 13 && bytes[start + 7] === 10
    yield bytes.subarray(start + (isWide ? 8 : 7), end)
  }
}

function unpack(stream: Buffer, mostBytes: number): Buffer | undefined {
  try {
    return inflateSync(stream, { maxOutputLength: Math.max(1, mostBytes) })
  } catch {
    return undefined
  }
}
