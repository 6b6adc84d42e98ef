import { type ChildProcess, execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { Agent, get } from 'node:http'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { BenchRow } from './row.ts'

export const title =
  'node --import llmops-middleware/register, as published: its start, and requests that call no model'

const PACKAGE = resolve(import.meta.dirname, '../packages/llmops-middleware')
const REGISTER = ['--import', join(PACKAGE, 'dist/register/main.js')]
const exec = promisify(execFile)

const STARTS = 15
const ROUNDS = 31
const REQUESTS = 2_000

export async function run(): Promise<BenchRow[]> {
  await exec(process.execPath, [join(PACKAGE, 'node_modules/rolldown/bin/cli.mjs'), '-c'], { cwd: PACKAGE })
  return [...(await startUp()), await requests()]
}

type Start = { readonly wallMs: number; readonly cpuMs: number }

/** What each adds to a Node that does nothing; in turn, since what drifts drifts for all. */
async function startUp(): Promise<BenchRow[]> {
  const bare: Start[] = []
  const register: Start[] = []
  const openai: Start[] = []
  for (let round = 0; round < STARTS; round++) {
    bare.push(await start([]))
    register.push(await start(REGISTER))
    openai.push(await start([], "await import('openai')"))
  }
  const added = (starts: readonly Start[], key: keyof Start) =>
    median(starts.map((start) => start[key])) - median(bare.map((start) => start[key]))
  const row = (name: string, key: keyof Start): BenchRow => ({
    name,
    value: `${added(register, key).toFixed(0)} ms`,
    baseline: `${added(openai, key).toFixed(0)} ms`,
    ratio: added(register, key) / added(openai, key),
  })
  return [row('start with register, beside importing openai', 'wallMs'), row('the same, CPU time', 'cpuMs')]
}

async function start(flags: readonly string[], program = ''): Promise<Start> {
  const tell =
    'const { user, system } = process.cpuUsage(); ' +
    'console.log(JSON.stringify({ wallMs: performance.now(), cpuMs: (user + system) / 1000 }))'
  const args = [...flags, '--input-type=module', '--eval', `${program}\n${tell}`]
  const { stdout } = await exec(process.execPath, args, { cwd: import.meta.dirname })
  return JSON.parse(stdout) as Start
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
  // Of rounds beside each other: what the machine does meanwhile, it does to both.
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

function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!
}
