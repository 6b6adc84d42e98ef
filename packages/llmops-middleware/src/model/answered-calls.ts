import type { Usage } from '../usage.ts'

/** Of an answer that ended, what its tokens can be told from. */
export type Delivered = {
  /** `hidden`: tokens that are billed and that nothing shows stand before what was delivered. */
  readonly as: 'stream' | 'whole' | 'hidden'
  /** It cannot be read, so that more may be missing: a whole answer is generated before its first byte is sent. */
  readonly isBroken?: boolean
  /** Of a stream what its text counts at most, of a whole answer the characters of its body. */
  readonly size: number
  /** Returns the most tokens that it can be, for whom no answered call has shown more; undefined where nothing tells. */
  readonly bound: () => number | undefined
}

/** Tenants and models come from callers, so what is remembered of them is bounded: some 2 MB. */
const MOST_PAIRS = 10_000
/** What came before weighs half from then on, so that a prompt that changed is soon what counts. */
const CALLS_OF_AN_AGE = 100

/** Sums over answered calls of one tenant and model. */
type Shown = {
  calls: number
  /** Of requests that are text alone: what was held for it, and what it was. */
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
  /** The most output of one call, of this age and of the one before. */
  mostOutput: number
  mostOutputBefore: number
}

/** What answered calls of each tenant and model have shown of tokens, for those of which no provider says anything. */
export class AnsweredCalls {
  /** By tenant, then by model: one name of both would have to be made and hashed for each call. */
  readonly #shown = new Map<string, Map<string, Shown>>()
  /** The oldest first. */
  readonly #pairs = new Set<readonly [tenant: string, model: string]>()

  of(tenant: string, model: string): Shown | undefined {
    return this.#shown.get(tenant)?.get(model)
  }

  open(tenant: string, model: string): Shown {
    return this.of(tenant, model) ?? this.#add(tenant, model)
  }

  #add(tenant: string, model: string): Shown {
    if (this.#pairs.size >= MOST_PAIRS) this.#forget(this.#pairs.values().next().value!)
    const shown = nothingShown()
    const ofTenant = this.#shown.get(tenant) ?? new Map<string, Shown>()
    this.#shown.set(tenant, ofTenant.set(model, shown))
    this.#pairs.add([tenant, model])
    return shown
  }

  #forget(pair: readonly [tenant: string, model: string]): void {
    const [tenant, model] = pair
    this.#pairs.delete(pair)
    const ofTenant = this.#shown.get(tenant)
    ofTenant?.delete(model)
    if (ofTenant?.size === 0) this.#shown.delete(tenant)
  }
}

export type LikelyUsageOptions = {
  readonly answered: AnsweredCalls
  readonly tenant: string
  /** What is held for the text of the request. */
  readonly textTokens: number
  /** Whether it is text alone: no pictures, no files, nothing that it only refers to. */
  readonly isText: boolean
}

/** What one call is likely to count, by what those of its tenant and model did that were answered. */
export class LikelyUsage {
  readonly #options: LikelyUsageOptions

  constructor(options: LikelyUsageOptions) {
    this.#options = options
  }

  learn(model: string, usage: Usage, delivered: Delivered | undefined): void {
    const { answered, tenant, textTokens, isText } = this.#options
    const { inputTokens, cachedInputTokens = 0, cacheWriteTokens = 0, outputTokens } = usage
    const shown = answered.open(tenant, model)
    if (++shown.calls > CALLS_OF_AN_AGE) age(shown)
    if (isText) {
      shown.heldTokens += textTokens
      shown.textTokens += inputTokens
    }
    shown.inputTokens += inputTokens
    shown.cachedTokens += cachedInputTokens
    shown.cacheWriteTokens += cacheWriteTokens
    if (delivered?.as === 'stream') {
      shown.streamSize += delivered.size
      shown.streamTokens += outputTokens
    } else if (delivered?.as === 'whole') {
      shown.wholeCalls += 1
      shown.wholeSize += delivered.size
      shown.wholeTokens += outputTokens
    }
    shown.mostOutput = Math.max(shown.mostOutput, outputTokens)
  }

  /** Never above what is held. */
  input(model: string, heldTokens: number): Usage {
    const { answered, tenant, textTokens } = this.#options
    const shown = answered.of(tenant, model)
    if (!shown) return { inputTokens: heldTokens, outputTokens: 0 }
    const text = Math.min(textTokens, heldTokens)
    const ratio = shareOf(shown.textTokens, shown.heldTokens) ?? 1
    const inputTokens = Math.min(heldTokens, heldTokens - text + Math.ceil(text * ratio))
    const part = (tokens: number) => Math.floor(inputTokens * (shareOf(tokens, shown.inputTokens) ?? 0))
    return {
      inputTokens,
      cachedInputTokens: part(shown.cachedTokens),
      cacheWriteTokens: part(shown.cacheWriteTokens),
      outputTokens: 0,
    }
  }

  /** Undefined where no answer of this kind has come. */
  output(model: string, { as, size, isBroken }: Delivered): number | undefined {
    const shown = this.#of(model)
    if (!shown || as === 'hidden') return undefined
    const [tokens, sizes] =
      as === 'stream' ? [shown.streamTokens, shown.streamSize] : [shown.wholeTokens, shown.wholeSize]
    const ratio = shareOf(tokens, sizes)
    if (ratio === undefined) return undefined
    return Math.ceil(Math.max(size * ratio, isBroken ? shown.wholeTokens / shown.wholeCalls : 0))
  }

  /** The most that a call of late has shown; undefined until one has come. */
  mostOutput(model: string): number | undefined {
    const shown = this.#of(model)
    return shown && Math.max(shown.mostOutput, shown.mostOutputBefore)
  }

  #of(model: string): Shown | undefined {
    return this.#options.answered.of(this.#options.tenant, model)
  }
}

function shareOf(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined
}

function nothingShown(): Shown {
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

function age(shown: Shown): void {
  const { mostOutput } = shown
  for (const name of Object.keys(shown) as (keyof Shown)[]) shown[name] /= 2
  shown.mostOutputBefore = mostOutput
  shown.mostOutput = 0
}
