import { setTimeout as delay } from 'node:timers/promises'
import { type ProbeDetails, serving } from './agent-health.ts'
import { RefusedError } from './refused-error.ts'
import type { PlannedSwap } from './swap-plan.ts'
import { asUnfinished, UnfinishedError } from './unfinished-error.ts'
import { untilBegun } from './until-begun.ts'
import type { WebApp } from './web-app.ts'

/** Called with a line for each step. */
export type OnStep = (text: string) => void

/** The time of the swap as ARM noted it, and what production then reported to the probe. */
export type Verified = { readonly swap: string; readonly details: ProbeDetails }

/** How often the site is read after a swap. Azure may return it as it was before for a moment. */
const TRIES = 10

/** Swaps, and verifies that production now runs the release of the candidate. */
export async function swapAndVerify(app: WebApp, plan: PlannedSwap, onStep: OnStep): Promise<Verified> {
  const { production, candidate } = plan
  onStep(`Swapping ${candidate.slot} (${candidate.release}) with production (${production.release}).`)
  await untilBegun(app, () => swapAsPlanned(app, plan), onStep)
  const lastSwap = await asUnfinished(() => notedSwap(app, plan))
  if (lastSwap === undefined) {
    throw new UnfinishedError(
      `Azure ended the swap of ${app.site} but notes no new one; production was left as it was, look at the activity log.`,
    )
  }
  onStep('Swapped. Asking production for a real task.')
  const details = await serving(app, production.host, candidate.release)
  if (details) return { swap: lastSwap, details }
  throw new UnfinishedError(
    `The slots of ${app.site} were swapped, but production does not pass its test task as release ${candidate.release}.`,
    { remedy: 'rollback' },
  )
}

/** The time of the new swap; undefined if Azure notes none. */
async function notedSwap(app: WebApp, plan: PlannedSwap): Promise<string | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await delay(app.pollMs)
    const { lastSwap } = await app.read()
    if (lastSwap !== plan.lastSwap) return lastSwap
  }
  return undefined
}

/** Checks that there was no swap since the plan was made: the user may have confirmed late, or the site was busy. */
async function swapAsPlanned(app: WebApp, plan: PlannedSwap): Promise<void> {
  const { lastSwap } = await app.read()
  if (lastSwap !== plan.lastSwap) {
    throw new RefusedError(
      `The slots of ${app.site} were swapped by another process after the plan was made, so nothing was swapped now. Run the command again.`,
    )
  }
  await app.swap()
}
