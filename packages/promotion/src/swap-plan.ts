import type { SlotDifference } from '@azure/arm-appservice'
import { askReadiness, readRelease } from './agent-health.ts'
import { ARMING_TAGS } from './arming-tags.ts'
import { RefusedError } from './refused-error.ts'
import { READY_PATH, type WebApp } from './web-app.ts'

export type SlotState = { readonly slot: string; readonly host: string; readonly release: string }

/** A swap that passed all checks. */
export type PlannedSwap = {
  readonly production: SlotState
  readonly candidate: SlotState
  /** Names of what changes in production besides the code. */
  readonly differences: readonly string[]
  /** The time of the last swap; undefined if there was none. */
  readonly lastSwap: string | undefined
  /** Whether the healer would undo that swap if production failed. */
  readonly isArmed: boolean
  /** Rules that fire now; undefined where this login may not read alerts. */
  readonly firing: readonly string[] | undefined
}

/** Reads both slots and probes the candidate with a real task. Changes nothing. Throws if a swap makes no sense. */
export async function planSwap(app: WebApp): Promise<PlannedSwap> {
  const [site, candidateHost] = await Promise.all([app.read(), app.slotHost()])
  const [inProduction, inSlot] = await Promise.all([readRelease(app, site.host), readRelease(app, candidateHost)])
  if (inProduction === inSlot) {
    throw new RefusedError(
      `Both slots of ${app.site} run release ${inSlot}, so there is nothing to swap to; deploy the other one to ${app.slot} first.`,
    )
  }
  const readiness = await askReadiness(app, candidateHost)
  if (readiness.kind === 'unknown') {
    throw new RefusedError(
      `Whether release ${inSlot} in ${app.slot} works is not known: ${readiness.why}. It was not swapped; set PROBE_TOKEN to the secret probe-token of the vault, or wait until it is asked anew.`,
    )
  }
  if (readiness.kind === 'failed') {
    const reason = readiness.reason === undefined ? '' : `: ${readiness.reason}`
    throw new RefusedError(
      `Release ${inSlot} in ${app.slot} fails its test task (https://${candidateHost}${READY_PATH}${reason}), so it was not swapped; deploy one that passes.`,
    )
  }
  await app.tryArming(site)
  return {
    production: { slot: 'production', host: site.host, release: inProduction },
    candidate: { slot: app.slot, host: candidateHost, release: inSlot },
    differences: (await app.differences()).flatMap(describe),
    lastSwap: site.lastSwap,
    firing: await app.firingRules().catch(() => undefined),
    isArmed: site.lastSwap !== undefined && site.tags[ARMING_TAGS.swap] === site.lastSwap,
  }
}

/** How the slots stand once the plan was carried out and verified. Which rules fire then is not known. */
export function swapped(plan: PlannedSwap, after: Pick<PlannedSwap, 'lastSwap' | 'isArmed'>): PlannedSwap {
  const { production, candidate } = plan
  return {
    ...plan,
    production: { ...production, release: candidate.release },
    candidate: { ...candidate, release: production.release },
    firing: undefined,
    ...after,
  }
}

/** The name only: a value may be a secret, and what is printed stays in the log of a pipeline. */
function describe({ settingName, settingType, diffRule }: SlotDifference): string[] {
  if (settingName === undefined) return []
  return [`${settingType ?? 'Setting'} ${settingName}${diffRule === undefined ? '' : ` (${diffRule})`}`]
}
