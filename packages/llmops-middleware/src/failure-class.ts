import { budgetRefusalOf } from './budget-refusal.ts'
import { readSafely } from './read-safely.ts'

/**
 * Who is answerable for a failed task:
 * - `caller`: what was asked, who left early, whose own money is spent
 * - `provider`: every model that was asked is throttled, down or out of reach
 * - `agent`: the rest, and so what another release may do better
 */
export type FailureClass = 'agent' | 'provider' | 'caller'

/** What the class of a failure depends on beside what was thrown. */
export type FailedTask = {
  /** Whether it kept its caller waiting without a sign for longer than the latency objective. */
  readonly hasKeptWaiting: boolean
  readonly modelFailure: ModelFailure | undefined
}

/** Codes that say it by themselves. A code that is not here is the agent's, unless the failure of a model caused it. */
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
  ['ungoverned_request', 'agent'],
  ['signed_request', 'agent'],
  ['request_too_large', 'agent'],
  ['duplicate_call', 'agent'],
  ['chaos_throttled', 'agent'],
])

/** How callers leave, as the reasons of tasks and tools say it. */
const LEFT: ReadonlySet<string> = new Set(['aborted', 'client_disconnected'])

/**
 * The class of a failure by its reason alone, where that says it. A caller who left is answerable for it unless the
 * task had kept it waiting without a sign.
 */
export function classOfReason(reason: string, task: FailedTask | undefined): FailureClass | undefined {
  if (LEFT.has(reason)) return task?.hasKeptWaiting ? 'agent' : 'caller'
  return CLASS_OF_CODE.get(reason)
}

/** The class of what was thrown, by its code, else by what the models of its task answered. */
export function classOfError(error: unknown, task: FailedTask | undefined): FailureClass | undefined {
  const code = budgetRefusalOf(error)?.code ?? readSafely(error, 'code')
  const byCode = typeof code === 'string' ? classOfReason(code, task) : undefined
  return byCode ?? classOfModelError(error, task?.modelFailure)
}

/** How the last model call of a task was refused or failed. */
export type ModelFailure = {
  readonly class: FailureClass
  /** One bounded word: a code of ours, or of those that say it by themselves, else what it was answered with. */
  readonly reason: string
  /** What was thrown where no answer came. */
  readonly error?: unknown
}

/** 408, 429 and 5xx are the provider's; every other refusal is of a request that the agent made. */
export function classOfStatus(status: number): FailureClass {
  return status === 408 || status === 429 || status >= 500 ? 'provider' : 'agent'
}

/**
 * Only an error that tells of the model's failure is put down to it: a mistake in the code that handles the failure is
 * the agent's.
 */
function classOfModelError(error: unknown, failure: ModelFailure | undefined): FailureClass | undefined {
  return failure !== undefined && tellsOf(failure, error, DEEPEST) ? failure.class : undefined
}

/** An application's error around that of a framework around that of an SDK; errors may be circles. */
const DEEPEST = 8

function tellsOf(failure: ModelFailure, error: unknown, depth: number): boolean {
  if (typeof error !== 'object' || error === null || depth === 0) return false
  if (error === failure.error) return true
  const { status, statusCode, cause, lastError } = error as Readonly<Record<string, unknown>>
  // OpenAI's and Anthropic's SDKs write the last on each of their errors.
  if (typeof status === 'number' || typeof statusCode === 'number' || 'requestID' in error) return true
  return tellsOf(failure, cause, depth - 1) || tellsOf(failure, lastError, depth - 1)
}
