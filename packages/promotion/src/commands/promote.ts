import type { Command } from 'commander'
import { promote } from '../promote.ts'
import { webAppCommand } from '../target/open-web-app.ts'
import { swapCommand } from './swap-command.ts'

export function promoteCommand(): Command {
  const command = webAppCommand('promote').description(
    'try the candidate with a real task, swap it into production, verify it, and arm the healer',
  )
  return swapCommand(command, {
    question: ({ candidate, production }) => `Promote ${candidate.release} in the place of ${production.release}?`,
    run: promote,
  })
}
