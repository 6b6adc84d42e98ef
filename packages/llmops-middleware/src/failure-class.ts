import { budgetRefusalOf } from './budget-refusal.ts'
import { readSafely } from './read-safely.ts'

/**
 * Who is responsible for a failed task:
 * - `caller`: the request was bad, the caller left early, or its budget is spent
 * - `provider`: every model that was called is throttled, down or unreachable
 * - `agent`: everything else, which another release may do better
 */
export type FailureClass = 'agent' | 'provider' | 'caller'

/** The facts of a task on which the class of its failure depends. */
export type FailedTask = {
  /** Whether the caller waited for a first sign for longer than the latency objective. */
  readonly hasKeptWaiting: boolean
  readonly modelFailure: ModelFailure | undefined
}

/** Codes with a fixed class. Any other code is the agent's, unless the failure of a model caused it. */
const CLASS_OF_CODE: ReadonlyMap<string, FailureClass> = new Map<string, FailureClass>([
  ['budget_exceeded', 'caller'],
  ['unknown_tenant', 'caller'],
  ['invalid_request', 'caller'],
  ['body_too_large', 'caller'],
  ['content_filter', 'caller'],
  ['invalid_prompt', 'caller'],
  ['context_length_exceeded', 'caller'],
  ['no_target_available', 'provider'],
  ['attempt_timeout', 'provider'],
  ['stream_broken', 'provider'],
  ['run_budget_exceeded', 'agent'],
  ['deadline_exceeded', 'agent'],
  ['loop', 'agent'],
  ['tool_call_limit', 'agent'],
  ['unknown_model_price', 'agent'],
  ['no_tenant', 'agent'],
  ['ops_closed', 'agent'],
  ['ungoverned_request', 'agent'],
  ['signed_request', 'agent'],
  ['request_too_large', 'agent'],
  ['duplicate_call', 'agent'],
  ['chaos_throttled', 'agent'],
])

/** The reasons of tasks and tools whose caller left. */
const LEFT: ReadonlySet<string> = new Set(['aborted', 'client_disconnected'])

/**
 * Returns the class of a failure by its reason, if that is enough. A caller that left is responsible, unless it had
 * waited for a sign for too long.
 */
export function classOfReason(reason: string, task: FailedTask | undefined): FailureClass | undefined {
  if (LEFT.has(reason)) return task?.hasKeptWaiting ? 'agent' : 'caller'
  return CLASS_OF_CODE.get(reason)
}

/** Returns the class of a thrown error by its code, else by the failure of the task's last model call. */
export function classOfError(error: unknown, task: FailedTask | undefined): FailureClass | undefined {
  const code = budgetRefusalOf(error)?.code ?? readSafely(error, 'code')
  const byCode = typeof code === 'string' ? classOfReason(code, task) : undefined
  return byCode ?? classOfModelError(error, task?.modelFailure)
}

/** How the last model call of a task was refused or failed. */
export type ModelFailure = {
  readonly class: FailureClass
  /** One word of a bounded set: our code, a code with a fixed class, or one made from the status. */
  readonly reason: string
  /** What was thrown if no response came. */
  readonly error?: unknown
}

/** 408, 429 and 5xx are the provider's. Every other error status is the agent's, which made the request. */
export function classOfStatus(status: number): FailureClass {
  return status === 408 || status === 429 || status >= 500 ? 'provider' : 'agent'
}

/**
 * Only an error that contains the model's failure is put down to it. A bug in the code that handles the failure is the
 * agent's.
 */
function classOfModelError(error: unknown, failure: ModelFailure | undefined): FailureClass | undefined {
  return failure !== undefined && tellsOf(failure, error, DEEPEST) ? failure.class : undefined
}

/** Errors of SDKs may be wrapped several times, and may be circular. */
const DEEPEST = 8

function tellsOf(failure: ModelFailure, error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  if (error === failure.error) return true
  const { status, statusCode, cause, lastError } = error as Readonly<Record<string, unknown>>
  // The errors of OpenAI's and Anthropic's SDKs have a `requestID`.
  if (typeof status === 'number' || typeof statusCode === 'number' || 'requestID' in error) return true
  return tellsOf(failure, cause, depth - 1) || tellsOf(failure, lastError, depth - 1)
}
