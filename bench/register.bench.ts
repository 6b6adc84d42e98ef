import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join } from 'node:path'
import { build, compareStarts, median, PACKAGE } from './harness/starts.ts'
import type { BenchRow } from './row.ts'

export const title =
  'node --import llmops-middleware/register, as published: its start, and requests that call no model'

const REGISTER = ['--import', join(PACKAGE, 'dist/register/main.js')]

const ROUNDS = 31
const REQUESTS = 2_000

export async function run(): Promise<BenchRow[]> {
  await build()
  const openai = { code: "await import('openai')" }
  const starts = await compareStarts('start with register, compared with importing openai', { flags: REGISTER }, openai)
  return [...starts, await requests()]
}

/** CPU time of the server alone: its clients are in this process. */
async function requests(): Promise<BenchRow> {
  const [governed, bare] = [await startServer(REGISTER), await startServer([])]
  const rounds: { governed: number; bare: number }[] = []
  for (let round = -2; round < ROUNDS; round++) {
    const measured = { governed: await governed.microsPerRequest(), bare: await bare.microsPerRequest() }
    if (round >= 0) rounds.push(measured)
  }
  governed.stop()
  bare.stop()
  const [a, b] = [median(rounds.map(({ governed }) => governed)), median(rounds.map(({ bare }) => bare))]
  // The difference within each round, because other work of the machine affects both sides of a round alike.
  const added = median(rounds.map(({ governed, bare }) => governed - bare))
  return {
    name: `a request without a model call: +${added.toFixed(1)} µs`,
    value: `${a.toFixed(1)} µs`,
    baseline: `${b.toFixed(1)} µs`,
    ratio: a / b,
    bound: 'at most +5 µs',
  }
}

async function startServer(flags: readonly string[]) {
  const child = fork(join(import.meta.dirname, 'harness/plain-server-main.ts'), {
    execArgv: [...flags, '--disable-warning=ExperimentalWarning'],
    silent: true,
  })
  const [port] = (await once(child, 'message')) as [number]
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  return {
    async microsPerRequest() {
      const before = await cpuMicrosOf(child)
      let left = REQUESTS
      const work = async () => {
        while (left-- > 0) await ask(port, agent)
      }
      await Promise.all([work(), work(), work(), work()])
      return ((await cpuMicrosOf(child)) - before) / REQUESTS
    },
    stop() {
      agent.destroy()
      child.disconnect()
    },
  }
}

async function ask(port: number, agent: Agent): Promise<void> {
  const [response] = await once(get({ port, agent }), 'response')
  response.resume()
  await once(response, 'end')
}

async function cpuMicrosOf(child: ChildProcess): Promise<number> {
  child.send('cpu')
  const [micros] = (await once(child, 'message')) as [number]
  return micros
}
