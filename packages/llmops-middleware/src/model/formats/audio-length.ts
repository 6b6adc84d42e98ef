import { audioSeconds } from '../input/audio-seconds.ts'
import { BufferBytes } from '../input/bytes.ts'

/** The lowest rate of the accepted codecs: 6 kbit/s with Opus (RFC 6716, section 2.1.1). */
const LEAST_BYTES_PER_SECOND = 750

/** Returns the greatest possible length of a recording, in whole seconds: by its frames for WAV and MP3, else by its size. */
export function mostSeconds(file: Buffer): number {
  const seconds = isRead(file) ? audioSeconds(new BufferBytes(file)) : file.length / LEAST_BYTES_PER_SECOND
  return Math.max(1, Math.ceil(seconds))
}

/** Whether it is WAV, or MP3 with a tag or a frame at its start. Other formats have no frames that can be counted. */
function isRead(file: Buffer): boolean {
  const name = file.toString('latin1', 0, 4)
  return name === 'RIFF' || name.startsWith('ID3') || (file[0] === 0xff && (file[1]! & 0xe6) === 0xe2)
}
