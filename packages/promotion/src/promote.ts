import { type OnStep, swapAndVerify } from './swap-and-verify.ts'
import { type PlannedSwap, swapped } from './swap-plan.ts'
import { asUnfinished } from './unfinished-error.ts'
import { untilBegun } from './until-begun.ts'
import type { WebApp } from './web-app.ts'

/**
 * Swaps the candidate into production, verifies it, and arms the healer for this one swap: the time of the swap and
 * the release that it replaced become tags of the site. Any later swap changes the time and thereby disarms it.
 *
 * @returns how the slots stand afterwards
 * @throws {RefusedError} before anything was changed
 * @throws {UnfinishedError} when the swap, or production after it, is not as it should be; the healer is not armed
 * @example
 * await promote(app, await planSwap(app), console.error)
 */
export async function promote(app: WebApp, plan: PlannedSwap, onStep: OnStep = () => {}): Promise<PlannedSwap> {
  const { swap, details } = await swapAndVerify(app, plan, onStep)
  await asUnfinished(() => untilBegun(app, () => app.arm({ swap, release: plan.production.release })))
  onStep(
    `Production is on ${plan.candidate.release}. The healer is armed: it would go back to ${plan.production.release}.`,
  )
  // With little traffic the rules have a sample only while production runs synthetic tasks.
  if (details.synthetic === 'out_of_money') {
    onStep(
      'The money for the tasks that production asks itself is gone (SYNTHETIC_BUDGET_USD): with fewer than 10 tasks in 5 minutes only dead processes and server errors are noticed.',
    )
  }
  return swapped(plan, { lastSwap: swap, isArmed: true })
}
