/** One line of the table in docs/runtimes.md, and how it is tried: in an empty folder, with the tarball. */
export type Row = {
  /** Unique; what a reader looks for. */
  readonly name: string
  /** What the folder gets beside the tarball and what the probe imports: names and ranges, as npm takes them. */
  readonly packages?: readonly string[]
  /** The package whose installed version the table shows. @default the first of `packages` */
  readonly shows?: string
  /** Fields of its package.json, such as `{ type: 'module' }`. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** What lies in the folder, by path. */
  readonly files: Readonly<Record<string, string>>
  /** Who installs. @default npm */
  readonly install?: (folder: InstallPlan) => readonly Command[]
  /** What is run there, one after the other; each has to end with 0. The PATH begins with `node_modules/.bin`. */
  readonly run: readonly Command[]
  readonly env?: Readonly<Record<string, string>>
  /** What the table says was tried. */
  readonly tried: string
  /** What is not as it is on Node.js, or what has to be set. */
  readonly note?: string
  /** Where it cannot work: the last command has to fail, and print this. */
  readonly refuses?: RegExp
}

export type Command = readonly [program: string, ...args: string[]]

export type InstallPlan = {
  readonly tarball: string
  /** With their ranges. */
  readonly packages: readonly string[]
}
