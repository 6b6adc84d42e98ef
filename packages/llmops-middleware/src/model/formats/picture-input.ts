import { BufferBytes } from '../input/bytes.ts'
import { pictureSize } from '../input/picture-size.ts'
import type { FormFile } from '../request/form-data.ts'

/**
 * The tokens of an input image for GPT Image (developers.openai.com/api/docs/guides/images-vision, GPT Image 1): 65, plus
 * 129 per tile of 512 pixels after its shorter side was scaled to 512, plus up to 6,240 at high fidelity, which newer
 * models always use.
 */
const BASE_TOKENS = 65
const TILE_TOKENS = 129
const FIDELITY_TOKENS = 6_240
/** The tiles of an image whose size cannot be read. */
const MOST_TILES = 16

/** @param file undefined for an image that is not in the request */
export function pictureTokens(file: FormFile | undefined): number {
  const size = file && pictureSize(new BufferBytes(file.bytes))
  const tiles = size ? Math.ceil(Math.max(size.width, size.height) / Math.min(size.width, size.height)) : MOST_TILES
  return BASE_TOKENS + Math.max(1, tiles) * TILE_TOKENS + FIDELITY_TOKENS
}
