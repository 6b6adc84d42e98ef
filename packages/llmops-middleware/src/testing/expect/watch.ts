import { checkValue, having, implementing, required } from '../../check.ts'
import type { OpsEvent, OpsEvents } from '../../events/index.ts'

const OPS = required(
  implementing('what createLlmOps returned', { events: required(having<OpsEvents>('its events', 'subscribe')) }),
)

const WATCHED = new WeakMap<object, OpsEvent[]>()

/**
 * Records the events of `ops` from now on, for the matchers.
 *
 * @param ops what `createLlmOps` returned
 * @returns `ops` itself.
 * @throws InvalidOptionError for anything else.
 * @example const ops = watch(createLlmOps({ fetch: model.fetch, budget: { limitUsd: 1 } }))
 */
export function watch<Ops extends { readonly events: OpsEvents }>(ops: Ops): Ops {
  checkValue(ops, OPS, 'ops')
  if (WATCHED.has(ops)) return ops
  const events: OpsEvent[] = []
  ops.events.subscribe((event) => void events.push(event))
  WATCHED.set(ops, events)
  return ops
}

/** @throws TypeError for an object that is not watched, because its events are unknown. */
export function eventsOf(subject: unknown, matcher: string): readonly OpsEvent[] {
  const events = WATCHED.get(subject as object)
  if (events) return events
  throw new TypeError(
    `${matcher} needs an object that \`watch(createLlmOps(…))\` returned, because only its events are recorded.`,
  )
}
