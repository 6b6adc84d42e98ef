import { seededRandom } from 'local-azure/model'

export type Load = {
  readonly modelUrl: string
  readonly seed: number
  readonly calls: number
  readonly concurrency: number
  /** Reads every answer to its end. */
  readonly isGentle?: boolean
}

/** The tally of one process. */
export type Tally = {
  completed: number
  /** Aborted by us during their stream, or cut by the provider. */
  broken: number
  blocked: number
  /** 503: the ledger did not answer. */
  unavailable: number
  /** The part of the limit that was spent when the first call was blocked; 1 if none was. */
  spentAtFirstBlock: number
}

const MODELS = ['gpt-4o', 'gpt-4o-mini', 'gpt-4.1', 'gpt-4.1-mini'] as const
const MOST_ATTEMPTS = 3

/** Makes calls with random models, lengths, caps and ends, a given number at once, each retried as by an application. */
export async function runLoad(fetch: typeof globalThis.fetch, load: Load): Promise<Tally> {
  const tally: Tally = { completed: 0, broken: 0, blocked: 0, unavailable: 0, spentAtFirstBlock: 1 }
  const random = seededRandom(load.seed)
  let left = load.calls
  const work = async () => {
    while (left-- > 0) await callWithRetries(fetch, load, random, tally)
  }
  await Promise.all(Array.from({ length: Math.min(load.concurrency, load.calls) }, work))
  return tally
}

async function callWithRetries(
  fetch: typeof globalThis.fetch,
  { modelUrl, isGentle }: Load,
  random: () => number,
  tally: Tally,
): Promise<void> {
  const body = JSON.stringify({
    model: MODELS[Math.floor(random() * MODELS.length)],
    stream: random() < 0.5,
    max_completion_tokens: 20 + Math.floor(random() ** 3 * 4000),
    messages: [
      { role: 'system', content: 'Be brief. '.repeat(Math.floor(random() * 40)) },
      { role: 'user', content: `Say ${1 + Math.floor(random() ** 2 * 600)} words.` },
    ],
  })
  const leaveAfter = random() < 0.15 && !isGentle ? Math.floor(random() * 3) : undefined
  for (let attempt = 0; attempt < MOST_ATTEMPTS; attempt++) {
    if ((await callOnce(fetch, modelUrl, body, leaveAfter, tally)) === 'ended') return
  }
}

async function callOnce(
  fetch: typeof globalThis.fetch,
  modelUrl: string,
  body: string,
  leaveAfter: number | undefined,
  tally: Tally,
): Promise<'ended' | 'again'> {
  const leave = new AbortController()
  try {
    const response = await fetch(`${modelUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: 'Bearer any', 'content-type': 'application/json' },
      body,
      signal: leave.signal,
    })
    if (response.status === 402) {
      const { error } = (await response.json()) as { error: { spent_usd: number; limit_usd: number } }
      tally.blocked += 1
      tally.spentAtFirstBlock = Math.min(tally.spentAtFirstBlock, error.spent_usd / error.limit_usd)
      return 'ended'
    }
    if (!response.ok) {
      const { error } = (await response.json()) as { error: { code?: string } }
      if (error.code === 'ledger_unavailable') tally.unavailable += 1
      return 'again'
    }
    let chunks = 0
    for await (const _ of response.body!) if (chunks++ === leaveAfter) leave.abort()
    tally.completed += 1
  } catch {
    tally.broken += 1
  }
  return 'ended'
}
