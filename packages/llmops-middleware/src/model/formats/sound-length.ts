import { audioSeconds } from '../input/audio-seconds.ts'
import { BufferBytes } from '../input/bytes.ts'

/** Of Opus, the lowest of the codecs that OpenAI takes: 6 kbit a second (RFC 6716, section 2.1.1). */
const LEAST_BYTES_PER_SECOND = 750

/** How long a recording is at most, in whole seconds: of WAV and MP3 by their frames, of others by their size. */
export function mostSeconds(file: Buffer): number {
  const seconds = isRead(file) ? audioSeconds(new BufferBytes(file)) : file.length / LEAST_BYTES_PER_SECOND
  return Math.max(1, Math.ceil(seconds))
}

/** WAV, and MP3 with a tag or a frame at its start: what else there is has no frames to look for. */
function isRead(file: Buffer): boolean {
  const name = file.toString('latin1', 0, 4)
  return name === 'RIFF' || name.startsWith('ID3') || (file[0] === 0xff && (file[1]! & 0xe6) === 0xe2)
}
