import { Command } from 'commander'

/** A command without sub-commands, which tells of a misspelt option before the required one that is missing by it. */
export class LeafCommand extends Command {
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(args)
    const [unknown] = parsed.unknown
    if (unknown?.startsWith('-') && !parsed.unknown.some((arg) => arg === '--help' || arg === '-h')) {
      // Not in the types of commander; it finds what was meant.
      ;(this as unknown as { unknownOption(flag: string): never }).unknownOption(unknown)
    }
    return parsed
  }
}
