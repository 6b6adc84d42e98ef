import type { World } from './world.ts'

/** A row of the table in `commands/index.ts`. To add a command, add a row and a file that exports a `Command`. */
export type CommandEntry = {
  readonly name: string
  /** What follows the name, such as `[ID]`. @default nothing */
  readonly parameters?: string
  /** One sentence. */
  readonly summary: string
  /** Loads the command by `import()`: `doctor` must run where a package that another command needs is missing. */
  load(): Promise<Command>
}

export type Command = {
  /** By name, without the dashes. `help` is of every command. */
  readonly options?: Readonly<Record<string, CommandOption>>
  /** How many arguments without a dash it takes at most. @default 0 */
  readonly maxArguments?: number
  /** What more `--help` says, after the options; a command in it begins with `call`, as the user called it. */
  readonly details?: (call: string) => string
  /** What each of its own exit codes means. */
  readonly exitCodes: Readonly<Record<number, string>>
  /** Returns the exit code. @throws UsageError where it cannot run as it was called */
  run(given: Given, world: World): Promise<number>
}

export type CommandOption = {
  /** One sentence. */
  readonly description: string
  readonly type: 'boolean' | 'string'
  readonly short?: string
  /** What its value is called in `--help`, such as `URL`. */
  readonly value?: string
  readonly multiple?: boolean
}

export type Given = {
  readonly options: Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>
  readonly positionals: readonly string[]
}
