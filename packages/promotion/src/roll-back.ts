import { type OnStep, swapAndVerify } from './swap-and-verify.ts'
import { type PlannedSwap, swapped } from './swap-plan.ts'
import type { WebApp } from './web-app.ts'

/**
 * Swaps back the release that the last promotion replaced, and verifies it. This disarms the healer, so that it does not
 * undo a decision of a person.
 *
 * @returns how the slots stand afterwards
 * @throws {RefusedError} before anything was changed
 * @throws {UnfinishedError} when the swap, or production after it, is not as it should be
 */
export async function rollBack(app: WebApp, plan: PlannedSwap, onStep: OnStep = () => {}): Promise<PlannedSwap> {
  const { swap } = await swapAndVerify(app, plan, onStep)
  onStep(`Production is back on ${plan.candidate.release}. The healer is disarmed until the next promotion.`)
  return swapped(plan, { lastSwap: swap, isArmed: false })
}
