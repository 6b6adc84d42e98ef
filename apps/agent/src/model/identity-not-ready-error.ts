/** The identity got no token: its endpoint may respond late after a machine starts, and a new role takes minutes. */
export class IdentityNotReadyError extends Error {
  override readonly name = 'IdentityNotReadyError'
  readonly code = 'identity_not_ready'

  constructor(scope: string, cause: unknown) {
    super(`the identity of the agent got no token for ${scope} (${firstLineOf(cause)})`, { cause })
  }
}

/** Finds the error among the causes, because the model's SDK wraps what the token provider throws. */
export function identityErrorIn(error: unknown): IdentityNotReadyError | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof IdentityNotReadyError) return current
  }
  return undefined
}

/** The first line of an error's message. The messages of SDKs have many lines, and the first one is enough. */
export function firstLineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().split('\n', 1)[0]!.slice(0, 300)
}
