export type Load = { readonly calls: number; readonly concurrency: number }

export type Measured = {
  /** CPU time of this process per call, in microseconds. */
  readonly cpuMicros: number
  readonly callsPerSecond: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** Many short rounds: on a shared machine, long rounds differ from each other by more than what is measured. */
const ROUNDS = 21

/**
 * Measures two ways of doing the same in turn (A B A B …) after a warm-up, so that drift of the machine affects both.
 * Returns the median round of each.
 */
export async function compare(
  a: () => Promise<unknown>,
  b: () => Promise<unknown>,
  load: Load,
): Promise<{ readonly a: Measured; readonly b: Measured }> {
  await measure(a, load)
  await measure(b, load)
  const rounds: { a: Measured; b: Measured }[] = []
  for (let round = 0; round < ROUNDS; round++) rounds.push({ a: await measure(a, load), b: await measure(b, load) })
  return { a: median(rounds.map((round) => round.a)), b: median(rounds.map((round) => round.b)) }
}

export async function measure(act: () => Promise<unknown>, { calls, concurrency }: Load): Promise<Measured> {
  const latencies: number[] = []
  let left = calls
  const cpu = process.cpuUsage()
  const startedAtMs = performance.now()
  const work = async () => {
    while (left-- > 0) {
      const sentAtMs = performance.now()
      const ownMs = await act()
      latencies.push(typeof ownMs === 'number' ? ownMs : performance.now() - sentAtMs)
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
  const elapsedMs = performance.now() - startedAtMs
  const { user, system } = process.cpuUsage(cpu)
  latencies.sort((x, y) => x - y)
  const quantile = (q: number) => latencies[Math.ceil(latencies.length * q) - 1]!
  return {
    cpuMicros: (user + system) / calls,
    callsPerSecond: (calls * 1000) / elapsedMs,
    p50Ms: quantile(0.5),
    p99Ms: quantile(0.99),
  }
}

function median(rounds: readonly Measured[]): Measured {
  const middle = (read: (round: Measured) => number) =>
    rounds.map(read).sort((x, y) => x - y)[Math.floor(rounds.length / 2)]!
  return {
    cpuMicros: middle((round) => round.cpuMicros),
    callsPerSecond: middle((round) => round.callsPerSecond),
    p50Ms: middle((round) => round.p50Ms),
    p99Ms: middle((round) => round.p99Ms),
  }
}
