import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppService } from './app-service/app-service.ts'
import { checkHealth, maxPingFailuresOf } from './app-service/health-check.ts'
import type { Settings } from './app-service/settings.ts'
import type { Site, SlotDeclaration } from './app-service/site.ts'
import type { Clock } from './clock/clock.ts'
import type { Emit } from './events.ts'
import { openManagedIdentityEndpoint } from './identity/managed-identity-endpoint.ts'
import type { TokenService } from './identity/token-service.ts'
import { localSettings } from './local-settings.ts'
import { type ModelEndpoint, startModelEndpoint } from './model/index.ts'
import type { MetricStore } from './monitor/metric-store.ts'
import type { CheckedOptions } from './platform-options.ts'
import { identityOf, PROBE_TOKEN } from './snapshot/runtime-values.ts'

export type StartSiteOptions = {
  readonly site: Site
  readonly options: CheckedOptions
  readonly clock: Clock
  readonly metrics: MetricStore
  readonly tokens: TokenService
  readonly emit: Emit
}

export type RunningSite = { appService: AppService; model: ModelEndpoint; adminToken: string }

/** Starts the slots of the site, and what their processes need: a model, an identity, a data folder. */
export async function startSite(start: StartSiteOptions, opened: AsyncDisposableStack): Promise<RunningSite> {
  const { site, options, clock, metrics, tokens, emit } = start
  const model = await startModelEndpoint({ seed: options.seed ?? 1, ...options.model })
  opened.defer(() => model.close())
  const identitySecret = randomBytes(16).toString('hex')
  const identity = await openManagedIdentityEndpoint(tokens, site.identityIds.map(identityOf), identitySecret)
  opened.defer(() => identity.close())
  const adminToken = options.adminToken ?? randomBytes(24).toString('base64url')
  const local = localSettings({
    modelUrl: model.url,
    identityUrl: identity.url,
    identitySecret,
    adminToken,
    probeToken: PROBE_TOKEN,
    handleKey: randomBytes(32).toString('base64url'),
    dataFolder: options.dataFolder ?? temporaryFolder(opened),
    ...(options.exportTelemetry ? { exportIntervalMs: Math.ceil(EXPORT_INTERVAL_MS / options.speed) } : {}),
  })
  const appService = await AppService.start({
    site,
    entry: options.entry,
    overrides: Object.fromEntries(
      site.slots.map(({ name, settings }) => [
        name,
        { ...inRuleTime(settings, options.speed), ...local, ...options.environment?.[name] },
      ]),
    ),
    instances: options.instances ?? site.instances,
    clock,
    swapMs: options.swapMs,
    emit,
    onResponse: (slot, status) => {
      metrics.record(metricOf(site, slot, 'Requests'), 1)
      metrics.record(metricOf(site, slot, 'Http5xx'), status >= 500 ? 1 : 0)
    },
  })
  opened.defer(() => appService.close())
  watchHealth(appService, start, opened)
  return { appService, model, adminToken }
}

/** Divides a setting in milliseconds by the speed, because the process measures it with the wall clock. */
function inRuleTime({ SYNTHETIC_EVERY_MS: everyMs }: Settings, speed: number): Settings {
  return everyMs === undefined ? {} : { SYNTHETIC_EVERY_MS: String(Math.ceil(Number(everyMs) / speed)) }
}

/** The export interval of the Azure Monitor exporter, in rule time. */
const EXPORT_INTERVAL_MS = 60_000

function watchHealth(appService: AppService, { site, clock, metrics }: StartSiteOptions, opened: AsyncDisposableStack) {
  const closing = new AbortController()
  const checks = site.slots.flatMap((slot) => {
    if (slot.healthCheckPath === undefined) return []
    const metric = metricOf(site, slot, 'HealthCheckStatus')
    const onCheck = (percent: number) => metrics.record(metric, percent)
    const instances = () => appService.instances(slot.name)
    const maxPingFailures = () => maxPingFailuresOf(appService.settings(slot.name))
    return [checkHealth({ path: slot.healthCheckPath, instances, clock, maxPingFailures, onCheck }, closing.signal)]
  })
  opened.defer(() => Promise.all(checks).then(() => {}))
  opened.defer(() => closing.abort())
}

/** Each slot has its own metrics, so that failures in staging do not count against production. */
function metricOf(site: Site, { resourceId }: SlotDeclaration, name: string) {
  const namespace = site.resource.id === resourceId ? 'Microsoft.Web/sites' : 'Microsoft.Web/sites/slots'
  return { resourceId, namespace, name }
}

function temporaryFolder(opened: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-azure-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
