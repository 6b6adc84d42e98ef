import { Command } from 'commander'

/** A command without sub-commands. It reports a misspelt option before the required option that is missing because of it. */
export class LeafCommand extends Command {
  override parseOptions(args: string[]): ReturnType<Command['parseOptions']> {
    const parsed = super.parseOptions(args)
    const [unknown] = parsed.unknown
    if (unknown?.startsWith('-') && !parsed.unknown.some((arg) => arg === '--help' || arg === '-h')) {
      // Not in the types of commander. It suggests the nearest option.
      ;(this as unknown as { unknownOption(flag: string): never }).unknownOption(unknown)
    }
    return parsed
  }
}
