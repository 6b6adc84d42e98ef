import type { AppPackages } from './from-app.ts'
import type { RegisterSettings } from './settings.ts'
import { fallbackTenant } from './tenant-of.ts'

/** HTTP clients that do not use the global `fetch` unless it is passed to them. */
const OTHER_CLIENTS = ['axios', 'node-fetch', 'undici', 'got', '@aws-sdk/client-bedrock-runtime']

export type Started = {
  readonly settings: RegisterSettings
  readonly packages: AppPackages
  readonly ledger: string
  readonly telemetry: string
}

/** What is governed and what is not, in one line. */
export function startLine({ settings, packages, ledger, telemetry }: Started): string {
  const others = OTHER_CLIENTS.filter((name) => packages.has(name))
  const installed = others.length > 0 ? `${others.join(', ')} (installed), ` : ''
  return (
    `llmops: governs globalThis.fetch; ${limitOf(settings, ledger)}; ${payerOf(settings)}. ` +
    `Not governed: ${installed}node:http, WebSockets, clients with a fetch of their own. ` +
    `Telemetry: ${telemetry}.`
  )
}

function limitOf({ limitUsd, period = 'month' }: RegisterSettings, ledger: string): string {
  if (limitUsd === undefined) return 'no limit, calls are counted and none is refused (set LLMOPS_LIMIT_USD)'
  const length = typeof period === 'string' ? period : `${period.rollingMs} ms`
  const limit = typeof limitUsd === 'number' ? `$${limitUsd} a tenant and ${length}` : `a limit by tenant and ${length}`
  return `${limit}, ledger ${ledger}${ledger === 'memory' ? ' of this process' : ''}`
}

function payerOf(settings: RegisterSettings): string {
  const { tenantHeader, tenantUnverifiedClaim } = settings
  const fallback = fallbackTenant(settings)
  const otherwise = fallback === undefined ? 'else refused' : `else ${fallback}`
  if (tenantHeader !== undefined) return `tenant by header ${tenantHeader}, trusted as it comes, ${otherwise}`
  if (tenantUnverifiedClaim !== undefined) return `tenant by claim ${tenantUnverifiedClaim}, not verified, ${otherwise}`
  return `tenant ${fallback}`
}
