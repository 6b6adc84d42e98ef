import type { ActionStatus, SecuredPart } from './definition.ts'

export type RunError = { readonly code: string; readonly message: string }

/** The result of an action. */
export type ActionResult = {
  readonly status: ActionStatus
  readonly inputs?: unknown
  readonly outputs?: unknown
  readonly code?: string
  readonly error?: RunError
}

/** A run in the history, without secured inputs and outputs. */
export type RunRecord = {
  readonly id: string
  readonly startedAt: number
  readonly endedAt?: number
  readonly status: 'Waiting' | 'Running' | 'Succeeded' | 'Failed' | 'Cancelled'
  readonly error?: RunError
  readonly trigger: { readonly name: string; readonly outputs?: unknown }
  readonly actions: Readonly<Record<string, ActionResult>>
}

const HIDDEN = 'Content not shown due to security configuration.'

/** Removes secured inputs and outputs from a result. */
export function withoutSecrets(result: ActionResult, secured: readonly SecuredPart[]): ActionResult {
  return {
    ...result,
    ...(secured.includes('inputs') && 'inputs' in result ? { inputs: HIDDEN } : {}),
    ...(secured.includes('outputs') && 'outputs' in result ? { outputs: HIDDEN } : {}),
  }
}
