import { LlmOpsError } from '../errors.ts'

/**
 * - `other_arguments`: the key belongs to a call with other arguments
 * - `failed`: the first call failed, and may have done something
 * - `unknown`: nobody knows what came of the first call
 * - `not_kept`: it succeeded, and its result was too long to be kept
 * - `other_server`: it was of a tool of that name that another MCP server has
 * - `outside_task`: it has an id that another call had, and no task or key says that they are one
 */
export type DuplicateReason = 'other_arguments' | 'failed' | 'unknown' | 'not_kept' | 'other_server' | 'outside_task'

const SAID: Readonly<Record<DuplicateReason, string>> = {
  other_arguments: 'that call had other arguments. Give each call a `key` of its own.',
  failed: 'that call failed.',
  unknown: 'nobody knows what came of it.',
  not_kept: 'that call succeeded, and its result was too long to be kept.',
  other_server: 'that was a tool of another MCP server. Give the tools of each server a `prefix`.',
  outside_task: 'nothing says whether that was the same call. Call it in a task, or give it a `key`.',
}

/** A tool with an effect was called before with this key, so it was not called again. */
export class DuplicateCallError extends LlmOpsError {
  static override readonly name = 'DuplicateCallError'
  static readonly code = 'duplicate_call'
  readonly code = DuplicateCallError.code
  /** The name of the tool. */
  readonly tool: string
  /** The key that both calls have. */
  readonly idempotencyKey: string
  /** Why the outcome of the first call cannot be returned. */
  readonly reason: DuplicateReason

  /** @param earlier what the first call failed with. */
  constructor(tool: string, idempotencyKey: string, reason: DuplicateReason, earlier?: string) {
    super(messageWith(tool, idempotencyKey, reason, earlier === undefined ? '' : ` It said: ${earlier}`))
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.reason = reason
  }

  override get publicMessage(): string {
    return messageWith(this.tool, this.idempotencyKey, this.reason, '')
  }
}

function messageWith(tool: string, key: string, reason: DuplicateReason, because: string): string {
  return `${tool} was called before with the key '${key}': ${SAID[reason]}${because} It was not called again.`
}
