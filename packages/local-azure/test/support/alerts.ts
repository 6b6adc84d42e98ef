import type { TestPlatform } from './start-test-platform.ts'

const MINUTE_MS = 60_000

/** The least that the common alert schema says. */
export function alert(monitorCondition: string, about: { rule?: string; windowStartTime?: string | undefined } = {}) {
  const { rule = 'alert-task-success', windowStartTime } = about
  const firedDateTime = '2026-01-05T09:00:00Z'
  const essentials = { alertId: '1', alertRule: rule, monitorCondition, firedDateTime }
  const alertContext = { condition: { windowSize: 'PT5M', ...(windowStartTime && { windowStartTime }) } }
  return { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials, alertContext } }
}

/** Calls the healer as the action group would, by default for an alert whose window is that of the last 5 minutes. */
export function post(
  platform: TestPlatform,
  monitorCondition: string,
  { rule, windowMs = 5 * MINUTE_MS }: { rule?: string; windowMs?: number } = {},
): Promise<Response> {
  const windowStartTime = new Date(platform.now() - windowMs).toISOString()
  return send(platform.callbackUrl, JSON.stringify(alert(monitorCondition, { ...(rule && { rule }), windowStartTime })))
}

/** Starts the story when a window of the release in production has passed, and what the one before did is over. */
export async function settled(platform: TestPlatform): Promise<TestPlatform> {
  await platform.clock.advance(8 * MINUTE_MS)
  return platform
}

/** Tells the test application in a slot how its next readiness tasks go. */
export async function readiness(url: string, goes: 'fails' | 'old', times = 1000): Promise<void> {
  await fetch(`${url}/readiness?goes=${goes}&times=${times}`)
}

export function send(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** How many swaps there were, the promotion included. */
export function swaps(platform: Pick<TestPlatform, 'events'>): number {
  return platform.events.filter(({ kind }) => kind === 'swap done').length
}

/** Waits until so many runs have ended. */
export function runsEnded(platform: TestPlatform, count: number): Promise<void> {
  return platform.until(() => platform.runs.filter(({ endedAt }) => endedAt !== undefined).length === count)
}
