import { readFileSync } from 'node:fs'
import { nearest } from '../nearest.ts'
import type { CommandEntry } from './command.ts'
import { COMMANDS } from './commands/index.ts'
import { EXIT } from './exit-codes.ts'
import { commandHelp, generalHelp } from './help.ts'
import { parseCommand } from './parse-command.ts'
import { UsageError } from './usage-error.ts'
import type { World } from './world.ts'

/** Runs the command that was asked for, and returns the exit code of the process. */
export async function runLlmops(
  args: readonly string[],
  world: World,
  commands: readonly CommandEntry[] = COMMANDS,
): Promise<number> {
  try {
    return await run(args, world, commands)
  } catch (error) {
    // What was interrupted fails in many ways, all of which the user asked for.
    if (world.signal.aborted) return EXIT.interrupted
    const text = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error)
    world.stderr.write(`llmops: ${text}\n`)
    return EXIT.couldNotRun
  }
}

async function run(
  [name, ...rest]: readonly string[],
  world: World,
  commands: readonly CommandEntry[],
): Promise<number> {
  if (name === undefined) {
    world.stderr.write(generalHelp(world.call, commands))
    return EXIT.couldNotRun
  }
  if (name === '--version') return say(world, `${version()}\n`)
  if (name === '--help' || name === '-h' || name === 'help') {
    if (rest[0] === undefined) return say(world, generalHelp(world.call, commands))
    const asked = find(rest[0], world, commands)
    return say(world, commandHelp(world.call, asked, await asked.load()))
  }
  const entry = find(name, world, commands)
  const command = await entry.load()
  const given = parseCommand(world.call, name, command, rest)
  if (given.options['help']) return say(world, commandHelp(world.call, entry, command))
  world.signal.throwIfAborted()
  const code = await command.run(given, world)
  return world.signal.aborted ? EXIT.interrupted : code
}

function find(name: string, { call }: World, commands: readonly CommandEntry[]): CommandEntry {
  const command = commands.find((command) => command.name === name)
  if (command) return command
  const names = commands.map(({ name }) => name)
  const meant = name.toLowerCase() === '-v' ? '--version' : nearest(name, [...names, '--version', '--help'])
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  const kind = name.startsWith('-') ? 'an option of llmops' : 'a command of llmops'
  throw new UsageError(`'${name}' is not ${kind}.${hint} Its commands are ${names.join(', ')}; see \`${call} --help\`.`)
}

function say(world: World, text: string): number {
  world.stdout.write(text)
  return EXIT.held
}

function version(): string {
  // Two folders up from the source and from what is built of it.
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}
