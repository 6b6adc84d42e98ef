/**
 * Decodes JSON in UTF-8, UTF-16 or UTF-32, which many servers accept. JSON begins with two ASCII characters or a byte order
 * mark, so the zeros among its first bytes identify the encoding (RFC 4627, 3).
 */
export function decodeBody(bytes: Buffer): string {
  const [a, b, c, d] = bytes
  if (bytes.length >= 4) {
    if ((a === 0 && b === 0) || (c === 0 && d === 0 && (b === 0 || (a === 0xff && b === 0xfe)))) return fromUtf32(bytes)
    if (b === 0 || (a === 0xff && b === 0xfe)) return bytes.toString('utf16le')
    if (a === 0 || (a === 0xfe && b === 0xff)) return fromBigEndian(bytes)
  }
  return bytes.toString()
}

/** Whether the bytes are in another encoding than UTF-8. */
export function isWide(bytes: Buffer): boolean {
  return (
    bytes.subarray(0, 4).includes(0) ||
    (bytes[0] === 0xff && bytes[1] === 0xfe) ||
    (bytes[0] === 0xfe && bytes[1] === 0xff)
  )
}

function fromBigEndian(bytes: Buffer): string {
  const even = bytes.subarray(0, bytes.length - (bytes.length % 2))
  return Buffer.from(even).swap16().toString('utf16le')
}

function fromUtf32(bytes: Buffer): string {
  const isBigEndian = bytes[0] === 0
  let text = ''
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const code = isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)
    text += code > 0x10ffff ? '\ufffd' : String.fromCodePoint(code)
  }
  return text
}
