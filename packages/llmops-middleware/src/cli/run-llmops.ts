import { readFileSync } from 'node:fs'
import { nearest } from '../nearest.ts'
import { EXIT } from './exit-codes.ts'
import { generalHelp, wordHelp } from './help.ts'
import { parseWord } from './parse-word.ts'
import { UsageError } from './usage-error.ts'
import type { WordEntry } from './word.ts'
import { WORDS } from './words/index.ts'
import type { World } from './world.ts'

/** Runs the word that was asked for, and returns the exit code of the process. */
export async function runLlmops(
  args: readonly string[],
  world: World,
  words: readonly WordEntry[] = WORDS,
): Promise<number> {
  try {
    return await run(args, world, words)
  } catch (error) {
    // What was interrupted fails in many ways, all of which the user asked for.
    if (world.signal.aborted) return EXIT.interrupted
    const text = error instanceof UsageError ? error.message : error instanceof Error ? error.stack : String(error)
    world.stderr.write(`llmops: ${text}\n`)
    return EXIT.couldNotRun
  }
}

async function run([name, ...rest]: readonly string[], world: World, words: readonly WordEntry[]): Promise<number> {
  if (name === undefined) {
    world.stderr.write(generalHelp(world.call, words))
    return EXIT.couldNotRun
  }
  if (name === '--version') return say(world, `${version()}\n`)
  if (name === '--help' || name === '-h' || name === 'help') {
    if (rest[0] === undefined) return say(world, generalHelp(world.call, words))
    const asked = find(rest[0], world, words)
    return say(world, wordHelp(world.call, asked, await asked.load()))
  }
  const entry = find(name, world, words)
  const word = await entry.load()
  const given = parseWord(world.call, name, word, rest)
  if (given.options['help']) return say(world, wordHelp(world.call, entry, word))
  world.signal.throwIfAborted()
  const code = await word.run(given, world)
  return world.signal.aborted ? EXIT.interrupted : code
}

function find(name: string, { call }: World, words: readonly WordEntry[]): WordEntry {
  const word = words.find((word) => word.name === name)
  if (word) return word
  const names = words.map(({ name }) => name)
  const meant = nearest(name, names)
  const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
  const kind = name.startsWith('-') ? 'an option of llmops' : 'a word of llmops'
  throw new UsageError(`'${name}' is not ${kind}.${hint} Its words are ${names.join(', ')}; see \`${call} --help\`.`)
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
