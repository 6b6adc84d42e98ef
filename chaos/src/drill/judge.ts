import type { Objectives } from '../../../apps/agent/src/objectives/index.ts'
import type { Summary } from '../load/tally.ts'
import { percent } from '../output/summary-text.ts'
import type { Health } from '../target/agent-client.ts'
import { serverErrors } from './report.ts'
import type { Scenario } from './scenarios.ts'
import type { Elapsed, Hypothesis, Verdict } from './verdict.ts'

export type Evidence = Pick<Verdict, 'timeToDetect' | 'timeToHeal' | 'slis' | 'options'> & {
  readonly scenario: Scenario
  readonly objectives: Pick<Objectives, 'taskSuccess'>
  readonly healerSwaps: number
  readonly hasResolved: boolean
  readonly before: Health
  readonly hurt: Health
  readonly after: Health
}

/** From the alert rule's frequency and the delay with which metrics arrive: an answer later than this is no healer. */
const HEAL_WITHIN_MS = 15 * 60_000

/** Holds what was said beforehand against what was seen. */
export function judge(evidence: Evidence): Verdict {
  const { scenario, slis, timeToDetect, timeToHeal, healerSwaps, hasResolved, hurt, before, after, options } = evidence
  const errors = serverErrors(slis.during)
  const { taskSuccess } = evidence.objectives
  const promised = `${Number((100 * taskSuccess).toPrecision(12))}% of the tasks succeed`
  const hypotheses: Hypothesis[] = [
    hypothesis(`In steady state at least ${promised}`, isHealthy(slis.before, taskSuccess), ratioText(slis.before)),
    scenario.showsAsServerErrors
      ? hypothesis('The fault shows as server errors', errors > 5, `${errors} of ${slis.during.requests}`)
      : hypothesis('The fault hides behind answers with status 200', errors === 0, `${errors} server errors`),
    hypothesis('The alert fires', timeToDetect !== undefined, minutes(timeToDetect)),
    hypothesis(
      'The healer swaps exactly once',
      healerSwaps === 1,
      `${healerSwaps} ${healerSwaps === 1 ? 'swap' : 'swaps'}`,
    ),
    hypothesis(
      'The last known good release is in production',
      after.instance !== hurt.instance && after.release === 'v1',
      `release ${after.release}`,
    ),
    hypothesis('Users are served again within 15 minutes', isWithin(timeToHeal, HEAL_WITHIN_MS), minutes(timeToHeal)),
    hypothesis(`At least ${promised} again`, isHealthy(slis.after, taskSuccess), ratioText(slis.after)),
    hypothesis(
      'The alert resolves, and that changes nothing',
      hasResolved && healerSwaps === 1,
      hasResolved ? 'resolved' : 'never',
    ),
  ]
  return {
    held: hypotheses.every(({ held }) => held),
    hypotheses,
    timeToDetect,
    timeToHeal,
    instances: { before: scenario.startsWithPromotion ? hurt.instance : before.instance, after: after.instance },
    slis,
    options,
  }
}

function hypothesis(name: string, held: boolean, observed: string): Hypothesis {
  return { name, held, observed }
}

/** No data is not health. */
function isHealthy({ successRatio }: Summary, taskSuccess: number): boolean {
  return successRatio !== undefined && successRatio >= taskSuccess
}

function isWithin(elapsed: Elapsed | undefined, limitMs: number): boolean {
  return elapsed !== undefined && elapsed.ruleMs <= limitMs
}

function ratioText({ successRatio, requests }: Summary): string {
  return successRatio === undefined ? 'no data' : `${percent(successRatio)} of ${requests}`
}

function minutes(elapsed: Elapsed | undefined): string {
  return elapsed ? `${(elapsed.ruleMs / 60_000).toFixed(1)} min` : 'never'
}
