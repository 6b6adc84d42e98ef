/**
 * What a provider billed for one attempt, normalised once, whatever its wire format calls it.
 * As in the OpenTelemetry GenAI conventions, input includes cached tokens and output includes reasoning.
 */
export type Usage = {
  /** Input tokens, those read from the cache included. */
  readonly inputTokens: number
  /** The part of `inputTokens` read from the provider's prompt cache. */
  readonly cachedInputTokens?: number
  /** The part of `inputTokens` written to the prompt cache (most providers bill it above the input price). */
  readonly cacheWriteTokens?: number
  /** The part of `cacheWriteTokens` that is kept for an hour. @default what the request asked for */
  readonly hourCacheWriteTokens?: number
  /** The part of `inputTokens` that was sound, read from a cache or not. */
  readonly inputAudioTokens?: number
  /** The part of `cachedInputTokens` that was sound. @default as little as there can be */
  readonly cachedInputAudioTokens?: number
  /** The part of `inputTokens` that was pictures, read from a cache or not. */
  readonly inputImageTokens?: number
  /** Output tokens, reasoning included. */
  readonly outputTokens: number
  /** The part of `outputTokens` that was reasoning. */
  readonly reasoningTokens?: number
  /** The part of `outputTokens` that was sound. */
  readonly outputAudioTokens?: number
  /** The part of `outputTokens` that was pictures. */
  readonly outputImageTokens?: number
  /** How often the provider searched the web. */
  readonly webSearches?: number
  /** How often the provider searched stored files. */
  readonly fileSearches?: number
  /** The memory of the containers that the provider ran code in, in gigabytes. */
  readonly containerGigabytes?: number
  /** Generated pictures that are priced each, by size and quality. */
  readonly pictures?: number
  /** Characters of a text to speak, if they have a price. */
  readonly characters?: number
  /** The length of the input recording in seconds, if time has a price. */
  readonly audioSeconds?: number
  /** The service tier that the provider reports: `default`, `priority`, `flex`. @default what the request asked for */
  readonly serviceTier?: string
  /** The speed that the provider reports, if it has a price: `fast`. @default what the request asked for */
  readonly speed?: string
  /** The region that the provider reports, if it has a price: `us`. @default what the request asked for */
  readonly region?: string
}

export const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 }

/** All counts of a usage, which are summed up and must not be negative. */
export const USAGE_COUNTS = [
  'inputTokens',
  'cachedInputTokens',
  'cacheWriteTokens',
  'hourCacheWriteTokens',
  'inputAudioTokens',
  'cachedInputAudioTokens',
  'inputImageTokens',
  'outputTokens',
  'reasoningTokens',
  'outputAudioTokens',
  'outputImageTokens',
  'webSearches',
  'fileSearches',
  'containerGigabytes',
  'pictures',
  'characters',
  'audioSeconds',
] as const satisfies readonly (keyof Usage)[]

export function addUsage(a: Usage, b: Usage): Usage {
  const sum: { -readonly [Name in keyof Usage]: Usage[Name] } = { ...a }
  for (const name of USAGE_COUNTS) if (b[name] !== undefined) sum[name] = (a[name] ?? 0) + b[name]
  return sum
}

/** Returns undefined if the input is zero: no request has zero tokens, so the server did not count. */
export function counted(usage: Usage | undefined): Usage | undefined {
  return usage?.inputTokens === 0 ? undefined : usage
}

/** Whether the counts are valid: none is negative, and no part is larger than its whole. */
export function isSound(usage: Usage): boolean {
  return wrongCount(usage) === undefined && partAboveWhole(usage) === undefined
}

/** Returns the name of the first invalid count. */
export function wrongCount(usage: Usage): (typeof USAGE_COUNTS)[number] | undefined {
  for (const name of USAGE_COUNTS) if (!isCount(usage[name] ?? 0)) return name
  return undefined
}

/** Returns the parts that are larger than their whole. */
export function partAboveWhole(usage: Usage): { part: keyof Usage; tokens: number; whole: keyof Usage } | undefined {
  const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, hourCacheWriteTokens = 0, outputTokens } = usage
  const { inputAudioTokens = 0, inputImageTokens = 0, outputAudioTokens = 0, outputImageTokens = 0 } = usage
  const cache = cachedInputTokens + cacheWriteTokens
  if (cache > inputTokens) return { part: 'cachedInputTokens', tokens: cache, whole: 'inputTokens' }
  if (hourCacheWriteTokens > cacheWriteTokens) {
    return { part: 'hourCacheWriteTokens', tokens: hourCacheWriteTokens, whole: 'cacheWriteTokens' }
  }
  const { cachedInputAudioTokens = 0 } = usage
  if (cachedInputAudioTokens > Math.min(cachedInputTokens, inputAudioTokens)) {
    return { part: 'cachedInputAudioTokens', tokens: cachedInputAudioTokens, whole: 'cachedInputTokens' }
  }
  const inputMedia = inputAudioTokens + inputImageTokens
  if (inputMedia > inputTokens) return { part: 'inputAudioTokens', tokens: inputMedia, whole: 'inputTokens' }
  const outputMedia = outputAudioTokens + outputImageTokens
  if (outputMedia > outputTokens) return { part: 'outputAudioTokens', tokens: outputMedia, whole: 'outputTokens' }
  return undefined
}

/** The whole that each part is counted in, the inner parts first. */
const WHOLES = [
  [['hourCacheWriteTokens'], 'cacheWriteTokens'],
  [['cachedInputAudioTokens'], 'cachedInputTokens'],
  [['cachedInputAudioTokens'], 'inputAudioTokens'],
  [['cachedInputTokens', 'cacheWriteTokens'], 'inputTokens'],
  [['inputAudioTokens', 'inputImageTokens'], 'inputTokens'],
  [['outputAudioTokens', 'outputImageTokens'], 'outputTokens'],
] as const satisfies readonly (readonly [parts: readonly (keyof Usage)[], whole: keyof Usage])[]

/**
 * Repairs a usage whose parts cannot be: a part that is no count is left out, and a part above its whole was counted beside
 * it. One wrong detail does not make the whole usage unknown.
 */
export function withSoundParts(usage: Usage): Usage {
  if (isSound(usage)) return usage
  const sound: { -readonly [Name in keyof Usage]: Usage[Name] } = { ...usage }
  for (const name of USAGE_COUNTS) {
    if (name !== 'inputTokens' && name !== 'outputTokens' && !isCount(sound[name] ?? 0)) delete sound[name]
  }
  for (const [parts, whole] of WHOLES) {
    const inside = parts.reduce((sum, part) => sum + (sound[part] ?? 0), 0)
    if (inside > (sound[whole] ?? 0)) sound[whole] = (sound[whole] ?? 0) + inside
  }
  return sound
}

export function isCount(count: number): boolean {
  return Number.isSafeInteger(count) && count >= 0
}
