import { type Command, InvalidArgumentError } from 'commander'
import { readObjectives } from '../../../../apps/agent/src/objectives/index.ts'
import { promote } from '../promote.ts'
import { webAppCommand } from '../target/open-web-app.ts'
import { watch } from '../watch.ts'
import { swapCommand } from './swap-command.ts'

const MINUTE_MS = 60_000

export function promoteCommand(): Command {
  const command = webAppCommand('promote')
    .description('try the candidate with a real task, swap it into production, verify it, and arm the healer')
    .option(
      '--watch <time>',
      'swap nothing: read for so long (10m, 90s) whether production meets its objectives',
      parseTime,
    )
  return swapCommand(command, {
    question: ({ candidate, production }) => `Promote ${candidate.release} in the place of ${production.release}?`,
    run: promote,
    watch: (app, forMs, onStep) =>
      watch(app, { forMs, everyMs: Math.min(MINUTE_MS, forMs), objectives: readObjectives(), onStep }),
  })
}

/** Milliseconds of `90s`, `10m` or `1h`. */
function parseTime(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([smh])$/.exec(text) ?? []
  if (count === undefined) throw new InvalidArgumentError('It must be a time such as 90s, 10m or 1h.')
  return Number(count) * { s: 1000, m: MINUTE_MS, h: 60 * MINUTE_MS }[unit as 's' | 'm' | 'h']
}
