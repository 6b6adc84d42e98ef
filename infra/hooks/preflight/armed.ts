import { ARMING_TAGS } from '../../../packages/promotion/src/arming-tags.ts'
import { type Finding, stop } from './finding.ts'
import type { Target } from './target.ts'

/** The same as `promotionMaxAgeMinutes` in `healer.bicep`. */
const ARMED_MS = 120 * 60_000

/**
 * A provision overwrites the tags of the site, which disarms the healer, so it would not undo a release that was just
 * promoted. Hooks get no flags, so a variable allows it.
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
