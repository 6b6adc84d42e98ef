import { LlmOpsError } from '../errors.ts'

/**
 * - `other_arguments`: the key belongs to a call with other arguments
 * - `failed`: the first call failed, and may have done something
 * - `unknown`: nobody knows what came of the first call
 * - `not_kept`: it succeeded, and its result was too long to be kept
 * - `outside_task`: it has an id that another call had, and no task or key says that they are one
 */
export type DuplicateReason = 'other_arguments' | 'failed' | 'unknown' | 'not_kept' | 'outside_task'

const SAID: Readonly<Record<DuplicateReason, string>> = {
  other_arguments: 'that call had other arguments. Give each call a `key` of its own.',
  failed: 'that call failed.',
  unknown: 'nobody knows what came of it.',
  not_kept: 'that call succeeded, and its result was too long to be kept.',
  outside_task: 'nothing says whether that was the same call. Call it in a task, or give it a `key`.',
}

/** A tool with an effect was called before with this key, so it was not called again. */
export class DuplicateCallError extends LlmOpsError {
  static override readonly name = 'DuplicateCallError'
  static readonly code = 'duplicate_call'
  readonly code = DuplicateCallError.code
  readonly tool: string
  readonly idempotencyKey: string
  readonly reason: DuplicateReason

  /** @param earlier what the first call failed with. */
  constructor(tool: string, idempotencyKey: string, reason: DuplicateReason, earlier?: string) {
    const because = earlier === undefined ? '' : ` It said: ${earlier}`
    super(
      `${tool} was called before with the key '${idempotencyKey}': ${SAID[reason]}${because} It was not called again.`,
    )
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.reason = reason
  }
}
