/**
 * Runs the benches named on the command line, or all of them. Every figure is a ratio to a baseline that was measured
 * in the same run, since machines differ and drift.
 */
import { readdir } from 'node:fs/promises'
import type { BenchRow } from './row.ts'

type Bench = { readonly title: string; readonly run: () => Promise<readonly BenchRow[]> }

const files = (await readdir(import.meta.dirname)).filter((file) => file.endsWith('.bench.ts')).sort()
const names = files.map((file) => file.replace('.bench.ts', ''))
const wanted = process.argv.slice(2)
const unknown = wanted.find((name) => !names.includes(name))
if (unknown) {
  console.error(`There is no bench '${unknown}'; there are: ${names.join(', ')}.`)
  process.exit(2)
}

for (const name of wanted.length ? wanted : names) {
  const bench: Bench = await import(`./${name}.bench.ts`)
  console.log(`\n${bench.title}`)
  for (const row of await bench.run()) console.log(rowText(row))
}

function rowText({ name, value, baseline, ratio, bound }: BenchRow): string {
  const comparison = baseline === undefined ? '' : `  baseline ${baseline.padStart(14)}`
  const times = ratio === undefined ? '' : `  × ${ratio.toFixed(ratio < 10 ? 2 : 0)}`
  return `  ${name.padEnd(56)}${value.padStart(14)}${comparison}${times}${bound ? `  (${bound})` : ''}`
}
