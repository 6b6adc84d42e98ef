import type { ActionStatus, SecuredPart } from './definition.ts'

export type RunError = { readonly code: string; readonly message: string }

/** What an action ended with. */
export type ActionResult = {
  readonly status: ActionStatus
  readonly inputs?: unknown
  readonly outputs?: unknown
  readonly code?: string
  readonly error?: RunError
}

/** A run as the history shows it: secured inputs and outputs are not in it. */
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

/** The result as the history may show it. */
export function withoutSecrets(result: ActionResult, secured: readonly SecuredPart[]): ActionResult {
  return {
    ...result,
    ...(secured.includes('inputs') && 'inputs' in result ? { inputs: HIDDEN } : {}),
    ...(secured.includes('outputs') && 'outputs' in result ? { outputs: HIDDEN } : {}),
  }
}
