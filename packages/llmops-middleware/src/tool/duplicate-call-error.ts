import { LlmOpsError } from '../errors.ts'

/**
 * - `other_arguments`: the earlier call with this key had other arguments
 * - `failed`: the first call failed, and may have had its effect
 * - `unknown`: the outcome of the first call is not known
 * - `not_kept`: the first call succeeded, but its result was too long to be stored
 * - `other_server`: the first call was of a tool with the same name on another MCP server
 * - `outside_task`: another call had the same id, and no task or key shows that it is the same call
 */
export type DuplicateReason = 'other_arguments' | 'failed' | 'unknown' | 'not_kept' | 'other_server' | 'outside_task'

const REASONS: Readonly<Record<DuplicateReason, string>> = {
  other_arguments: 'that call had other arguments. Use a different `key` for each call.',
  failed: 'that call failed.',
  unknown: 'its outcome is not known.',
  not_kept: 'that call succeeded, but its result was too long to be stored.',
  other_server: 'that was a tool of another MCP server. Give the tools of each server their own `prefix`.',
  outside_task: 'it is not known whether that was the same call. Call it in a task, or pass a `key`.',
}

/** A tool with an effect was already called with this key, so it was not called again. */
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

  /** @param earlier the error message of the first call */
  constructor(tool: string, idempotencyKey: string, reason: DuplicateReason, earlier?: string) {
    super(messageWith(tool, idempotencyKey, reason, earlier === undefined ? '' : ` Its error was: ${earlier}`))
    this.tool = tool
    this.idempotencyKey = idempotencyKey
    this.reason = reason
  }

  override get publicMessage(): string {
    return messageWith(this.tool, this.idempotencyKey, this.reason, '')
  }
}

function messageWith(tool: string, key: string, reason: DuplicateReason, earlierError: string): string {
  return `${tool} was called before with the key '${key}': ${REASONS[reason]}${earlierError} It was not called again.`
}
