/** The command cannot run as it was called: one sentence that says what is wrong and what to do. Exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError'
}
