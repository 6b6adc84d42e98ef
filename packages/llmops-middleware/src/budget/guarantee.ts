import type { BudgetSettings } from './options.ts'
import { periodName } from './period.ts'

/** What the budget guarantees as it is configured, a line a promise. */
export function explainGuarantee(settings: BudgetSettings): string {
  const { period, scopes, downshiftAt, downshiftModel, onUnknownOutcome, leaseMs, waitForHoldsMs } = settings
  const accounts = [
    `tenant a ${periodName(period)}`,
    ...scopes.map((scope) => `${scope.scope} a ${periodName(scope.period)}`),
  ]
  return [
    `Accounts: one a ${accounts.join(', one a ')}; a call is made only if every one of its accounts can pay.`,
    'Overshoot: $0 for every call whose output cap the provider obeys, with any number of processes on one ledger. ' +
      `A request without a cap gets ${settings.defaultMaxOutputTokens} tokens.`,
    downshiftModel === undefined
      ? 'Downshift: none is configured.'
      : `Downshift: from ${downshiftAt * 100} % of a limit on ${downshiftModel} answers, as it does where only it can be paid.`,
    `Clamp: a cap is cut to what is left, down to ${settings.minOutputTokens} tokens; while other calls are open one call ` +
      `holds at most ${settings.contendedShare * 100} % of what is left.`,
    `False blocks: a call that only open holds stand in the way of waits up to ${waitForHoldsMs} ms for them.`,
    onUnknownOutcome === 'charge'
      ? `Unknown outcomes: a call whose cost nobody can know counts its whole hold, and so does one whose process died, ${leaseMs} ms later. Spend is never counted too low.`
      : `Unknown outcomes: a call whose cost nobody can know counts nothing, and neither does one whose process died, ${leaseMs} ms later. Overshoot is then up to the worst case of each such call.`,
    'When the ledger fails: closed. No call is made that nobody counts.',
  ].join('\n')
}
