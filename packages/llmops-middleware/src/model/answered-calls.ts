import type { Usage } from '../usage.ts'

/** What was delivered of an answer, from which its tokens are estimated. */
export type Delivered = {
  /** `hidden`: the answer may also have billed tokens that are not in what was delivered. */
  readonly as: 'stream' | 'whole' | 'hidden'
  /** It cannot be read, so more may be missing: a whole answer is generated before its first byte is sent. */
  readonly isBroken?: boolean
  /** For a stream, the most tokens that its text can be; for a whole answer, the characters of its body. */
  readonly size: number
  /** Returns the most tokens that it can be, used until a call was answered; undefined if they are not bounded. */
  readonly bound: () => number | undefined
}

/** Tenants and models come from callers, so this memory is bounded, to about 2 MB. */
const MAX_PAIRS = 10_000
/** After this many calls the sums are halved, so that a changed prompt soon determines the estimate. */
const CALLS_PER_AGE = 100

/** Sums over the answered calls of one tenant and model. */
type Sums = {
  calls: number
  /** For requests that are only text: the tokens that were held, and the tokens that were counted. */
  heldTokens: number
  textTokens: number
  inputTokens: number
  cachedTokens: number
  cacheWriteTokens: number
  streamSize: number
  streamTokens: number
  wholeCalls: number
  wholeSize: number
  wholeTokens: number
  /** The largest output of one call, in this age and in the previous one. */
  mostOutput: number
  mostOutputBefore: number
}

/** Token counts of answered calls by tenant and model, to estimate calls whose usage the provider does not report. */
export class AnsweredCalls {
  /** Keyed by tenant, then by model: a combined key would have to be built and hashed for each call. */
  readonly #sums = new Map<string, Map<string, Sums>>()
  /** Oldest first. */
  readonly #pairs = new Set<readonly [tenant: string, model: string]>()

  of(tenant: string, model: string): Sums | undefined {
    return this.#sums.get(tenant)?.get(model)
  }

  open(tenant: string, model: string): Sums {
    return this.of(tenant, model) ?? this.#add(tenant, model)
  }

  #add(tenant: string, model: string): Sums {
    if (this.#pairs.size >= MAX_PAIRS) this.#forget(this.#pairs.values().next().value!)
    const sums = noSums()
    const ofTenant = this.#sums.get(tenant) ?? new Map<string, Sums>()
    this.#sums.set(tenant, ofTenant.set(model, sums))
    this.#pairs.add([tenant, model])
    return sums
  }

  #forget(pair: readonly [tenant: string, model: string]): void {
    const [tenant, model] = pair
    this.#pairs.delete(pair)
    const ofTenant = this.#sums.get(tenant)
    ofTenant?.delete(model)
    if (ofTenant?.size === 0) this.#sums.delete(tenant)
  }
}

export type LikelyUsageOptions = {
  readonly answered: AnsweredCalls
  readonly tenant: string
  /** The tokens that are held for the text of the request. */
  readonly textTokens: number
  /** Whether the request is only text: no images, files or references. */
  readonly isText: boolean
}

/** Estimates the usage of a call from the answered calls of its tenant and model. */
export class LikelyUsage {
  readonly #options: LikelyUsageOptions

  constructor(options: LikelyUsageOptions) {
    this.#options = options
  }

  learn(model: string, usage: Usage, delivered: Delivered | undefined): void {
    const { answered, tenant, textTokens, isText } = this.#options
    const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage
    const sums = answered.open(tenant, model)
    if (++sums.calls > CALLS_PER_AGE) age(sums)
    if (isText) {
      sums.heldTokens += textTokens
      sums.textTokens += inputTokens
    }
    sums.inputTokens += inputTokens
    sums.cachedTokens += cachedInputTokens
    sums.cacheWriteTokens += cacheWriteTokens
    if (delivered?.as === 'stream') {
      sums.streamSize += delivered.size
      sums.streamTokens += outputTokens
    } else if (delivered?.as === 'whole') {
      sums.wholeCalls += 1
      sums.wholeSize += delivered.size
      sums.wholeTokens += outputTokens
    }
    sums.mostOutput = Math.max(sums.mostOutput, outputTokens)
  }

  /** Returns the likely input, at most `heldTokens`. */
  input(model: string, heldTokens: number): Usage {
    const { answered, tenant, textTokens } = this.#options
    const sums = answered.of(tenant, model)
    if (!sums) return { inputTokens: heldTokens, outputTokens: 0 }
    const text = Math.min(textTokens, heldTokens)
    const ratio = shareOf(sums.textTokens, sums.heldTokens) ?? 1
    const inputTokens = Math.min(heldTokens, heldTokens - text + Math.ceil(text * ratio))
    const part = (tokens: number) => Math.floor(inputTokens * (shareOf(tokens, sums.inputTokens) ?? 0))
    return {
      inputTokens,
      cachedInputTokens: part(sums.cachedTokens),
      cacheWriteTokens: part(sums.cacheWriteTokens),
      outputTokens: 0,
    }
  }

  /** Returns undefined until there was an answer of this kind. */
  output(model: string, { as, size, isBroken }: Delivered): number | undefined {
    const sums = this.#of(model)
    if (!sums || as === 'hidden') return undefined
    const [tokens, sizes] = as === 'stream' ? [sums.streamTokens, sums.streamSize] : [sums.wholeTokens, sums.wholeSize]
    const ratio = shareOf(tokens, sizes)
    if (ratio === undefined) return undefined
    return Math.ceil(Math.max(size * ratio, isBroken ? sums.wholeTokens / sums.wholeCalls : 0))
  }

  /** Returns the largest recent output of one call; undefined until there was one. */
  mostOutput(model: string): number | undefined {
    const sums = this.#of(model)
    return sums && Math.max(sums.mostOutput, sums.mostOutputBefore)
  }

  #of(model: string): Sums | undefined {
    return this.#options.answered.of(this.#options.tenant, model)
  }
}

function shareOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined
}

function noSums(): Sums {
  return {
    calls: 0,
    heldTokens: 0,
    textTokens: 0,
    inputTokens: 0,
    cachedTokens: 0,
    cacheWriteTokens: 0,
    streamSize: 0,
    streamTokens: 0,
    wholeCalls: 0,
    wholeSize: 0,
    wholeTokens: 0,
    mostOutput: 0,
    mostOutputBefore: 0,
  }
}

function age(sums: Sums): void {
  const { mostOutput } = sums
  for (const name of Object.keys(sums) as (keyof Sums)[]) sums[name] /= 2
  sums.mostOutputBefore = mostOutput
  sums.mostOutput = 0
}
