/** The state of a rule between two evaluations. */
export type AlertState =
  | { kind: 'quiet' }
  | { kind: 'fired'; alertId: string; firedAt: number; values: readonly (number | null)[]; goodChecks: number }

/** The result of an evaluation. */
export type Transition = { state: AlertState; announce?: 'Fired' | 'Resolved' }

// learn.microsoft.com/azure/azure-monitor/alerts/alerts-overview: a metric alert resolves after three good checks.
const GOOD_CHECKS_TO_RESOLVE = 3

export type Evaluation = { isBreached: boolean; values: readonly (number | null)[]; at: number; newId: () => string }

/**
 * A stateful rule fires once and resolves after three good checks in a row; a stateless one fires on every breach and
 * never resolves.
 */
export function nextAlertState(state: AlertState, evaluation: Evaluation, isStateful: boolean): Transition {
  const { isBreached, values, at, newId } = evaluation
  if (isBreached) {
    if (isStateful && state.kind === 'fired') return { state: { ...state, goodChecks: 0 } }
    return { state: { kind: 'fired', alertId: newId(), firedAt: at, values, goodChecks: 0 }, announce: 'Fired' }
  }
  if (state.kind === 'quiet') return { state }
  if (!isStateful) return { state: { kind: 'quiet' } }
  if (state.goodChecks + 1 < GOOD_CHECKS_TO_RESOLVE) return { state: { ...state, goodChecks: state.goodChecks + 1 } }
  return { state: { kind: 'quiet' }, announce: 'Resolved' }
}
