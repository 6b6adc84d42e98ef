import { execFile } from 'node:child_process'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { BenchRow } from '../row.ts'

export const PACKAGE = resolve(import.meta.dirname, '../../packages/llmops-middleware')
const exec = promisify(execFile)
const STARTS = 15

type Start = { readonly wallMs: number; readonly cpuMs: number }

/** The flags of a Node process, and the code that it runs. */
export type Program = { readonly flags?: readonly string[]; readonly code?: string }

/** Builds the published files. */
export async function build(): Promise<void> {
  await exec(process.execPath, [join(PACKAGE, 'node_modules/rolldown/bin/cli.mjs'), '-c'], { cwd: PACKAGE })
}

/** The time that each adds to a Node without code, the second as baseline. Measured in turn, so that drift affects all. */
export async function compareStarts(name: string, program: Program, baseline: Program): Promise<BenchRow[]> {
  const bare: Start[] = []
  const ours: Start[] = []
  const theirs: Start[] = []
  for (let round = 0; round < STARTS; round++) {
    bare.push(await start({}))
    ours.push(await start(program))
    theirs.push(await start(baseline))
  }
  const added = (starts: readonly Start[], key: keyof Start) =>
    median(starts.map((start) => start[key])) - median(bare.map((start) => start[key]))
  const row = (name: string, key: keyof Start): BenchRow => ({
    name,
    value: `${added(ours, key).toFixed(0)} ms`,
    baseline: `${added(theirs, key).toFixed(0)} ms`,
    ratio: added(ours, key) / added(theirs, key),
  })
  return [row(name, 'wallMs'), row('the same, CPU time', 'cpuMs')]
}

async function start({ flags = [], code = '' }: Program): Promise<Start> {
  const report =
    'const { user, system } = process.cpuUsage(); ' +
    'console.log(JSON.stringify({ wallMs: performance.now(), cpuMs: (user + system) / 1000 }))'
  const args = [...flags, '--input-type=module', '--eval', `${code}\n${report}`]
  const { stdout } = await exec(process.execPath, args, { cwd: import.meta.dirname })
  return JSON.parse(stdout) as Start
}

export function median(values: readonly number[]): number {
  return values.toSorted((x, y) => x - y)[Math.floor(values.length / 2)]!
}
