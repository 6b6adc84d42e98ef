import type { PlatformEvent } from '../../src/events.ts'

/** What happened, without what goes on all the time. */
export function story(events: readonly PlatformEvent[]): string {
  const told = events.filter(
    ({ kind }) => kind !== 'alert evaluated' && kind !== 'telemetry taken' && kind !== 'run action ended',
  )
  return told
    .slice(-60)
    .map((event) => JSON.stringify(event))
    .join('\n')
}
