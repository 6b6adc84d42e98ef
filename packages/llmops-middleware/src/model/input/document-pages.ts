import { inflateSync } from 'node:zlib'

/** What is unpacked to look for pages; a document that needs more is not counted. */
const MOST_UNPACKED_BYTES = 32 * 1024 * 1024

/** How many pages a PDF has; undefined for what is none, is encrypted or too much to unpack. */
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
  // A revision leaves old pages in the file, and a tree can be packed apart from its pages.
  return Math.max(sum(texts.map(pagesIn)), ...texts.map(countedIn)) || undefined
}

const PAGE = /\/Type\s*\/Page(?![A-Za-z])/g
const COUNT = /\/Count\s+(\d{1,6})(?!\d)/g

function pagesIn(text: string): number {
  return text.match(PAGE)?.length ?? 0
}

/** What the tree of the pages says it holds. */
function countedIn(text: string): number {
  if (!/\/Type\s*\/Pages/.test(text)) return 0
  return Math.max(0, ...Array.from(text.matchAll(COUNT), ([, count]) => Number(count)))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0)
}

/** From version 1.5 on, the objects that pages are can be packed (ISO 32000, 7.5.7). */
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
