/**
 * Runs the benches named on the command line, or all of them. Every figure is a ratio to a baseline that was measured
 * in the same run, since machines differ and drift.
 */
import { readdir } from 'node:fs/promises'
import { EXIT, exitCodesHelp } from '../packages/command-line/src/exit-codes.ts'
import { nearest } from '../packages/command-line/src/nearest.ts'
import { projectVersion } from '../packages/command-line/src/project-version.ts'
import type { BenchRow } from './row.ts'

type Bench = { readonly title: string; readonly run: () => Promise<readonly BenchRow[]> }

const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.bench.ts')).sort()
const names = files.map((file) => file.replace('.bench.ts', ''))
const wanted = process.argv.slice(2)
if (wanted.includes('--help') || wanted.includes('-h')) {
  const all = names.map((name) => `  ${name}`).join('\n')
  const options = '  --version   the version of this project\n  -h, --help  this text'
  console.log(`Usage: npx --yes pnpm@12 bench [name...]\n\nOptions:\n${options}`)
  console.log(`\nBenches, all of them if none is named:\n${all}`)
  console.log(exitCodesHelp({ 0: 'measured' }))
  process.exit(EXIT.held)
}
if (wanted.includes('--version')) {
  console.log(projectVersion())
  process.exit(EXIT.held)
}
const unknown = wanted.find((name) => !names.includes(name))
if (unknown) {
  const meant = nearest(unknown, names)
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  console.error(
    `bench: there is no '${unknown}'; there are ${names.join(', ')}.${hint} See \`npx --yes pnpm@12 bench --help\`.`,
  )
  process.exit(EXIT.couldNotRun)
}

for (const name of wanted.length ? wanted : names) {
  const bench: Bench = await import(`./${name}.bench.ts`)
  console.log(`\n${bench.title}`)
  for (const row of await bench.run()) console.log(rowText(row))
}

function rowText({ name, value, baseline, ratio, middleHalf, bound }: BenchRow): string {
  const comparison = baseline === undefined ? '' : `  baseline ${baseline.padStart(14)}`
  const times = ratio === undefined ? '' : `  × ${ratio.toFixed(ratio < 10 ? 2 : 0)}`
  const spread = middleHalf ? `, half of the rounds ${middleHalf.map((each) => each.toFixed(2)).join('–')}` : ''
  return `  ${name.padEnd(56)}${value.padStart(14)}${comparison}${times}${spread}${bound ? `  (${bound})` : ''}`
}
