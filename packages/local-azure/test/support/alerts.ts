import type { TestPlatform } from './start-test-platform.ts'

/** The least that the common alert schema says. */
export function alert(monitorCondition: string, firedDateTime = '2026-01-05T09:00:00Z') {
  const essentials = { alertId: '1', alertRule: 'a test', monitorCondition, firedDateTime }
  return { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials } }
}

/** Calls the healer as the action group would, by default for an alert that fired when the story began. */
export function post(platform: TestPlatform, monitorCondition: string, firedAt?: number): Promise<Response> {
  const fired = firedAt === undefined ? undefined : new Date(firedAt).toISOString()
  return send(platform.callbackUrl, JSON.stringify(alert(monitorCondition, fired)))
}

export function send(url: string, body: string): Promise<Response> {
  return fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
}

/** How many swaps there were, the promotion included. */
export function swaps(platform: TestPlatform): number {
  return platform.events.filter(({ kind }) => kind === 'swap done').length
}

/** Waits until so many runs have ended. */
export function runsEnded(platform: TestPlatform, count: number): Promise<void> {
  return platform.until(() => platform.runs.filter(({ endedAt }) => endedAt !== undefined).length === count)
}
