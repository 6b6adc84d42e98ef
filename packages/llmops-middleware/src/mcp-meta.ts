/** Members of `_meta` by which a client and a server of this library tell each other more than the protocol does. */

/** Where a client puts a key of its own, so that a call that it repeats is the same call for an effect. */
export const IDEMPOTENCY_KEY = 'llmops/idempotency-key'

/** Where an answer says why there is none, for programs. */
export const REFUSAL_CODE = 'llmops/code'
