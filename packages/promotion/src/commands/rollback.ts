import type { Command } from 'commander'
import { rollBack } from '../roll-back.ts'
import { webAppCommand } from '../target/open-web-app.ts'
import { swapCommand } from './swap-command.ts'

export function rollbackCommand(signal: AbortSignal): Command {
  const command = webAppCommand('rollback').description(
    'show both slots and what differs, ask, swap the slots back, and verify production',
  )
  return swapCommand(command, signal, {
    question: ({ candidate, production }) => `Go back from ${production.release} to ${candidate.release}?`,
    run: rollBack,
  })
}
