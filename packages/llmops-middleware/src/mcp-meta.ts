/** Members of `_meta` with which a client and a server of this library extend the protocol. */

/** The idempotency key of the client, so that a retry is the same call. */
export const IDEMPOTENCY_KEY = 'llmops/idempotency-key'

/** The error code of a failed call, for programs. */
export const REFUSAL_CODE = 'llmops/code'
