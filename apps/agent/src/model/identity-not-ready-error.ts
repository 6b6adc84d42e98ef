/** The identity got no token: at the start of a machine its endpoint may answer late, and a new role takes minutes. */
export class IdentityNotReadyError extends Error {
  override readonly name = 'IdentityNotReadyError'
  readonly code = 'identity_not_ready'

  constructor(scope: string, cause: unknown) {
    super(`the identity of the agent got no token for ${scope} (${firstLineOf(cause)})`, { cause })
  }
}

/** The SDK of the model wraps what a provider of tokens throws. */
export function identityErrorIn(error: unknown): IdentityNotReadyError | undefined {
  for (let current = error; current instanceof Error; current = current.cause) {
    if (current instanceof IdentityNotReadyError) return current
  }
  return undefined
}

/** What an operator needs of an error of an SDK, whose messages run over many lines. */
export function firstLineOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.trim().split('\n', 1)[0]!.slice(0, 300)
}
