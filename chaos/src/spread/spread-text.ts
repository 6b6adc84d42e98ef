import { paint } from 'command-line'
import type { Spread } from './spread.ts'

const LABEL_WIDTH = 20
const COLUMN_WIDTH = 16

/** A row an instance, a column a protocol, the verdict last. */
export function spreadText({ held, instances, expected, protocols }: Spread): string {
  const missing = Array.from({ length: Math.max(0, expected - instances.length) }, () => '(never answered)')
  const failures = protocols.flatMap(({ protocol, failure }) => (failure ? [`  ${protocol}: ${failure}`] : []))
  return [
    row(
      'instance',
      protocols.map(({ protocol }) => protocol),
    ),
    ...instances.map((instance) =>
      row(
        instance,
        protocols.map(({ answered }) => String(answered[instance])),
      ),
    ),
    ...missing.map((label) =>
      row(
        label,
        protocols.map(() => '0'),
      ),
    ),
    row(
      'failed',
      protocols.map(({ failed }) => String(failed)),
    ),
    ...failures,
    '',
    held
      ? paint('green', `  All ${instances.length} instances answer in every protocol.`)
      : paint('red', '  Not every instance answers in every protocol.'),
  ].join('\n')
}

function row(label: string, values: readonly string[]): string {
  const name = label.length < LABEL_WIDTH ? label : `${label.slice(0, LABEL_WIDTH - 2)}…`
  return `  ${name.padEnd(LABEL_WIDTH)}${values.map((value) => value.padStart(COLUMN_WIDTH)).join('')}`
}
