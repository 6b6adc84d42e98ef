import type { Bytes } from './bytes.ts'

export type PictureSize = { readonly width: number; readonly height: number }

/** Long enough for the headers of all these formats except JPEG. */
const HEAD_BYTES = 30
/** A JPEG has few segments before its frame: a colour profile of 4 MB has about 60. */
const MOST_SEGMENTS = 500

/** Reads the size of an image from its first bytes (PNG, JPEG, GIF, WebP, BMP); undefined for other formats. */
export function pictureSize(bytes: Bytes): PictureSize | undefined {
  const head = bytes.read(0, HEAD_BYTES)
  if (head === undefined) return undefined
  const size = head[0] === 0xff && head[1] === 0xd8 ? sizeOfJpeg(bytes) : sizeInHead(head)
  return size && size.width > 0 && size.height > 0 ? size : undefined
}

function sizeInHead(head: Buffer): PictureSize | undefined {
  switch (head.toString('latin1', 0, 4)) {
    case '\x89PNG':
      return { width: head.readUInt32BE(16), height: head.readUInt32BE(20) }
    case 'GIF8':
      return { width: head.readUInt16LE(6), height: head.readUInt16LE(8) }
    case 'RIFF':
      return head.toString('latin1', 8, 12) === 'WEBP' ? sizeOfWebp(head) : undefined
    default:
      if (head.toString('latin1', 0, 2) !== 'BM') return undefined
      return { width: Math.abs(head.readInt32LE(18)), height: Math.abs(head.readInt32LE(22)) }
  }
}

/** developers.google.com/speed/webp/docs/riff_container */
function sizeOfWebp(head: Buffer): PictureSize | undefined {
  switch (head.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { width: head.readUIntLE(24, 3) + 1, height: head.readUIntLE(27, 3) + 1 }
    case 'VP8 ':
      return { width: head.readUInt16LE(26) & 0x3fff, height: head.readUInt16LE(28) & 0x3fff }
    case 'VP8L': {
      const bits = head.readUInt32LE(21)
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 }
    }
    default:
      return undefined
  }
}

/** The frame follows segments of any length, such as thumbnails and colour profiles. */
function sizeOfJpeg(bytes: Bytes): PictureSize | undefined {
  let offset = 2
  for (let segment = 0; segment < MOST_SEGMENTS; segment += 1) {
    const head = bytes.read(offset, 9)
    if (head === undefined || head[0] !== 0xff) return undefined
    const marker = head[1]!
    if (marker === 0xff) offset += 1
    else if (isFrame(marker)) return { height: head.readUInt16BE(5), width: head.readUInt16BE(7) }
    else if (marker === 0xda) return undefined
    else offset += 2 + head.readUInt16BE(2)
  }
  return undefined
}

/** SOF0 to SOF15 without the tables between them (ITU T.81, table B.1). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}
