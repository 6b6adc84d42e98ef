import { parseDuration } from 'command-line'
import type { Command } from 'commander'
import { readObjectives } from '../../../../apps/agent/src/objectives/index.ts'
import { promote } from '../promote.ts'
import { webAppCommand } from '../target/open-web-app.ts'
import { watch } from '../watch.ts'
import { swapCommand } from './swap-command.ts'

const MINUTE_MS = 60_000

export function promoteCommand(signal: AbortSignal): Command {
  const command = webAppCommand('promote')
    .description('try the candidate with a real task, swap it into production, verify it, and arm the healer')
    .option(
      '--watch <time>',
      'swap nothing: read for so long (10m, 90s) whether production meets its objectives',
      parseDuration,
    )
  return swapCommand(command, signal, {
    question: ({ candidate, production }) => `Promote ${candidate.release} in the place of ${production.release}?`,
    run: promote,
    watch: (app, forMs, onStep) =>
      watch(app, { forMs, everyMs: Math.min(MINUTE_MS, forMs), objectives: readObjectives(), onStep, signal }),
  })
}
