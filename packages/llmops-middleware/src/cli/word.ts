import type { World } from './world.ts'

/** A line of the table in `words/index.ts`. To add a word, write a file beside it that exports a Word, and add a line. */
export type WordEntry = {
  readonly name: string
  /** What follows the name, such as `[ID]`. @default nothing */
  readonly parameters?: string
  /** One sentence. */
  readonly summary: string
  /** Loads the word by `import()`: `doctor` must run where a package that another word needs is missing. */
  load(): Promise<Word>
}

export type Word = {
  /** By name, without the dashes. `help` is of every word. */
  readonly options?: Readonly<Record<string, WordOption>>
  /** How many arguments without a dash it takes at most. @default 0 */
  readonly maxArguments?: number
  /** What more `--help` says, after the options; a command in it begins with `call`, as the user called it. */
  readonly details?: (call: string) => string
  /** Each exit code of its own, in words. */
  readonly exitCodes: Readonly<Record<number, string>>
  /** Returns the exit code. @throws UsageError where it cannot run as it was called */
  run(given: Given, world: World): Promise<number>
}

export type WordOption = {
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
