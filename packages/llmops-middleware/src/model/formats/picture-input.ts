import { BufferBytes } from '../input/bytes.ts'
import { pictureSize } from '../input/picture-size.ts'
import type { FormFile } from '../request/form-data.ts'

/**
 * What GPT Image counts for a picture that it is given (developers.openai.com/api/docs/guides/images-vision, GPT Image 1):
 * 65 and 129 a tile of 512 pixels, once its shorter side is 512, and up to 6,240 more at high fidelity, which newer models
 * always have.
 */
const BASE_TOKENS = 65
const TILE_TOKENS = 129
const FIDELITY_TOKENS = 6_240
/** Of a picture whose size nobody can read. */
const MOST_TILES = 16

/** @param file undefined for a picture that stands elsewhere. */
export function pictureTokens(file: FormFile | undefined): number {
  const size = file && pictureSize(new BufferBytes(file.bytes))
  const tiles = size ? Math.ceil(Math.max(size.width, size.height) / Math.min(size.width, size.height)) : MOST_TILES
  return BASE_TOKENS + Math.max(1, tiles) * TILE_TOKENS + FIDELITY_TOKENS
}
