import type { Platform } from '../../src/platform.ts'

/** What `FIGURES=1` prints: minutes of rule time from the fault to the alert, and from there to healed without the swap. */
export function tellFigure(label: string, platform: Pick<Platform, 'events' | 'runs'>, faultAt: number): void {
  if (!process.env['FIGURES']) return
  const { events, runs } = platform
  const fired = events.find(
    (event) => event.kind === 'alert fired' && event.at >= faultAt && !event.rule.includes('-people'),
  )
  const begun = events.findLast(({ kind }) => kind === 'swap started')
  const done = events.findLast(({ kind }) => kind === 'swap done')
  const healed = runs.find(({ actions }) => actions['Healed'] !== undefined)
  const swapMs = (done?.at ?? 0) - (begun?.at ?? 0)
  const minutes = (ms: number) => (ms / 60_000).toFixed(1)
  const detected = (fired?.at ?? Number.NaN) - faultAt
  const rest = (healed?.endedAt ?? Number.NaN) - faultAt - detected - swapMs
  console.log(`figure: ${label.padEnd(44)} alert after ${minutes(detected)} min, healed ${minutes(rest)} min later`)
}
