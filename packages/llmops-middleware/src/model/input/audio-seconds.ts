import type { Bytes } from './bytes.ts'

/** The rate of the smallest speech files: 8 kbit/s. */
const LEAST_BYTES_PER_SECOND = 1_000

/** Returns the length of a recording (WAV, MP3). For other files it is the greatest length of so many bytes. */
export function audioSeconds(bytes: Bytes): number {
  const head = bytes.read(0, 12)
  if (head === undefined) return bytes.length / LEAST_BYTES_PER_SECOND
  if (head.toString('latin1', 0, 4) === 'RIFF' && head.toString('latin1', 8, 12) === 'WAVE') return secondsOfWav(bytes)
  return secondsOfMp3(bytes.readAll())
}

const MOST_CHUNKS = 20

/** Computes the length from the size of the file and its rate, because the length in its header may be wrong. */
function secondsOfWav(bytes: Bytes): number {
  let offset = 12
  for (let chunk = 0; chunk < MOST_CHUNKS; chunk += 1) {
    const head = bytes.read(offset, 24)
    if (head === undefined) break
    if (head.toString('latin1', 0, 4) === 'fmt ') {
      const [format, samplesPerSecond, bytesPerSample] = [
        head.readUInt16LE(8),
        head.readUInt32LE(12),
        head.readUInt16LE(20),
      ]
      const isPlain = format === 1 || format === 3 || format === 0xfffe
      if (isPlain && samplesPerSecond > 0 && bytesPerSample > 0)
        return bytes.length / (samplesPerSecond * bytesPerSample)
      break
    }
    offset += 8 + head.readUInt32LE(4)
  }
  return bytes.length / LEAST_BYTES_PER_SECOND
}

/** kbit/s by the index in a frame's header, for version 1 and for versions 2 and 2.5 (ISO 11172-3, 13818-3). */
const RATES = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
} as const
const SAMPLES_PER_SECOND: Readonly<Record<number, readonly number[]>> = {
  3: [44_100, 48_000, 32_000],
  2: [22_050, 24_000, 16_000],
  0: [11_025, 12_000, 8_000],
}

function secondsOfMp3(bytes: Buffer): number {
  const length = new Mp3Length()
  length.add(bytes.subarray(lengthOfTag(bytes)))
  return length.seconds
}

const FRAME_HEAD_BYTES = 4

/**
 * Adds up the frames, each of which can have its own rate, over pieces that can be cut anywhere. Bytes between frames count
 * the greatest length that they can have.
 */
export class Mp3Length {
  #seconds = 0
  #unread = 0
  /** How many of the next bytes belong to a frame that was already counted. */
  #rest = 0
  #begun = Buffer.alloc(0)

  get seconds(): number {
    return this.#seconds + this.#unread / LEAST_BYTES_PER_SECOND
  }

  add(piece: Uint8Array): void {
    const bytes = this.#begun.length > 0 ? Buffer.concat([this.#begun, piece]) : bufferOf(piece)
    let offset = this.#rest
    while (offset + FRAME_HEAD_BYTES <= bytes.length) {
      const frame = frameAt(bytes, offset)
      if (frame === undefined) {
        this.#unread += 1
        offset += 1
      } else {
        this.#seconds += frame.seconds
        offset += frame.length
      }
    }
    this.#rest = Math.max(0, offset - bytes.length)
    this.#begun = Buffer.from(bytes.subarray(Math.min(offset, bytes.length)))
  }
}

function bufferOf({ buffer, byteOffset, byteLength }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}

/** Returns the length of the ID3 tag, which often contains a cover image. */
function lengthOfTag(bytes: Buffer): number {
  if (bytes.toString('latin1', 0, 3) !== 'ID3' || bytes.length < 10) return 0
  const [a, b, c, d] = bytes.subarray(6, 10) as unknown as [number, number, number, number]
  return 10 + ((a & 0x7f) << 21) + ((b & 0x7f) << 14) + ((c & 0x7f) << 7) + (d & 0x7f)
}

/** Reads frames of layer 3 only. */
function frameAt(bytes: Buffer, offset: number): { readonly length: number; readonly seconds: number } | undefined {
  const head = bytes.readUInt32BE(offset)
  if (head >>> 21 !== 0x7ff || ((head >>> 17) & 3) !== 1) return undefined
  const version = (head >>> 19) & 3
  const rate = RATES[version === 3 ? 1 : 2][(head >>> 12) & 15]
  const samplesPerSecond = SAMPLES_PER_SECOND[version]?.[(head >>> 10) & 3]
  if (!rate || !samplesPerSecond) return undefined
  const samples = version === 3 ? 1152 : 576
  const length = Math.floor((samples * rate * 125) / samplesPerSecond) + ((head >>> 9) & 1)
  return { length, seconds: samples / samplesPerSecond }
}
