/** The outside world as a command sees it, in one object, so that a command runs inside a test. */
export type World = {
  /** How the program was called: what a command in a hint begins with, such as `npx llmops`. */
  readonly call: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** Results alone. */
  readonly stdout: Output
  /** Progress and errors. */
  readonly stderr: Output
  /** Aborted by Ctrl-C, SIGTERM and SIGHUP. */
  readonly signal: AbortSignal
}

export type Output = {
  readonly isTTY?: boolean
  readonly columns?: number
  write(text: string): unknown
}
