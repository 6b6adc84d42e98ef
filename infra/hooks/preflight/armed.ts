import { ARMING_TAGS } from '../../../packages/promotion/src/arming-tags.ts'
import { type Finding, stop } from './finding.ts'
import type { Target } from './target.ts'

/** As `promotionMaxAgeMinutes` of `healer.bicep`. */
const ARMED_MS = 120 * 60_000

/**
 * A provision writes the tags of the site anew, and without them the healer does nothing: a release that was just
 * promoted would be on its own. Hooks get no flags, so a variable says that it is meant.
 */
export function armedFindings({ site, now, variables }: Target): Finding[] {
  const swap = site?.properties.slotSwapStatus?.timestampUtc
  if (!swap || site.tags?.[ARMING_TAGS.swap] !== swap) return []
  const endsAtMs = Date.parse(/Z$|[+-]\d\d:\d\d$/.test(swap) ? swap : `${swap}Z`) + ARMED_MS
  if (endsAtMs <= now.getTime() || variables['PROVISION_WHILE_ARMED'] === 'true') return []
  const until = new Date(endsAtMs).toISOString().slice(0, 16).replace('T', ' ')
  return [
    stop(
      `The healer watches over the promotion of ${swap}, and a provision would disarm it: wait until ${until} UTC, or azd env set PROVISION_WHILE_ARMED true`,
    ),
  ]
}
