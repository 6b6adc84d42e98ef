/** One line of the table in docs/runtimes.md, and how it is tested in an empty folder with the tarball. */
export type Row = {
  /** The unique name that a reader looks for. */
  readonly name: string
  /** The packages to install in addition to the tarball and the imports of the probe: names and ranges, as for npm. */
  readonly packages?: readonly string[]
  /** The package whose installed version the table shows. @default the first of `packages` */
  readonly shows?: string
  /** Fields of the package.json, such as `{ type: 'module' }`. */
  readonly manifest?: Readonly<Record<string, unknown>>
  /** The files of the folder, by path. */
  readonly files: Readonly<Record<string, string>>
  /** The package manager that installs. @default npm */
  readonly install?: (folder: InstallPlan) => readonly Command[]
  /** The commands to run there, one after the other; each must exit with 0. The PATH begins with `node_modules/.bin`. */
  readonly run: readonly Command[]
  readonly env?: Readonly<Record<string, string>>
  /** What the table shows as tested. */
  readonly tried: string
  /** What differs from Node.js, or must be configured. */
  readonly note?: string
  /** For a row that cannot work: the last command must fail and print this. */
  readonly refuses?: RegExp
}

export type Command = readonly [program: string, ...args: string[]]

export type InstallPlan = {
  readonly tarball: string
  /** The names with their ranges. */
  readonly packages: readonly string[]
}
