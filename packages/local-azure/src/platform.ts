import { planSwap, promote } from 'promotion'
import { readSite } from './app-service/site.ts'
import { openArm } from './arm/arm-server.ts'
import { readGrants } from './arm/authorization.ts'
import type { Clock } from './clock/clock.ts'
import { startScaledClock } from './clock/scaled-clock.ts'
import type { Emit, PlatformEvent } from './events.ts'
import { TokenService } from './identity/token-service.ts'
import { localWebApp } from './local-web-app.ts'
import type { RunRecord } from './logic-apps/run-record.ts'
import { Workflow } from './logic-apps/workflow.ts'
import type { ModelEndpoint } from './model/index.ts'
import { MetricStore } from './monitor/metric-store.ts'
import { createMonitor } from './monitor/monitor.ts'
import { openTelemetryEndpoint } from './monitor/telemetry-endpoint.ts'
import { Network } from './network/network.ts'
import { type CheckedOptions, checkPlatformOptions, type PlatformOptions } from './platform-options.ts'
import { resolveSnapshot } from './snapshot/resolve.ts'
import {
  identityOf,
  instrumentationKeyOf,
  PROBE_TOKEN,
  RESOURCE_MANAGER_URL,
  runtimeFunctions,
} from './snapshot/runtime-values.ts'
import { onlyResourceOfType, readSnapshot, resourcesOfType, type Snapshot } from './snapshot/snapshot.ts'
import { startSite } from './start-site.ts'

/** A deployment of the snapshot, running on this machine, and the clock of its rule time. */
export type Platform = Clock & {
  readonly productionUrl: string
  readonly stagingUrl: string
  readonly armUrl: string
  readonly modelUrl: string
  /** The endpoint that stands in for Azure OpenAI: its log of attempts, its bill, its faults. */
  readonly model: ModelEndpoint
  /** The web app's resource id. */
  readonly siteId: string
  readonly adminToken: string
  /** The last 10,000 events, the oldest first. */
  readonly events: readonly PlatformEvent[]
  /** The runs of the healer, the oldest first. */
  readonly runs: readonly RunRecord[]
  /** The signed URL that the action group calls. Anyone who has it can start the healer. */
  readonly callbackUrl: string
  /** A token with all rights, such as those of the person who deploys. */
  operatorToken(): string
  /** Swaps staging into production and arms the healer for that swap. */
  promote(): Promise<void>
  /** Deploys another release to a slot. Its settings move with it when the slots are swapped. */
  deploy(slot: 'production' | 'staging', settings: Readonly<Record<string, string>>): Promise<void>
  /** The environment of the slot's process on the first machine, with its secrets. */
  environment(slot: 'production' | 'staging'): Readonly<Record<string, string>>
  /** The ids of the slot's machines, in the order of the front door. */
  instances(slot: 'production' | 'staging'): readonly string[]
  /** Kills all processes of a slot, as a crash would, or only the one on a machine. */
  kill(slot: 'production' | 'staging', instance?: string): Promise<void>
  /** Replaces a machine of the plan. Returns the id of the new one. */
  replace(instance: string): Promise<string>
  close(): Promise<void>
}

const WORKFLOW_HOST = 'prod-00.swedencentral.logic.azure.com'
const CANDIDATE_SLOT = 'staging'
/** The list is limited, because a platform may run for days. */
const KEPT_EVENTS = 10_000
const OPERATOR = { principalId: 'operator', scope: '', actions: ['*'], notActions: [] }

/**
 * Provisions the snapshot on loopback and runs it: both slots as processes, the front door, ARM, the alert rules, the
 * action groups and the healer's workflow. Throws before anything runs if the snapshot has something unsupported.
 *
 * @example
 * const platform = await startPlatform({ snapshot: 'infra/main.snapshot.json', entry: 'apps/agent/src/main.ts', speed: 60 })
 * await fetch(`${platform.productionUrl}/health`)
 * await platform.close()
 */
export async function startPlatform(options: PlatformOptions): Promise<Platform> {
  const checked = checkPlatformOptions(options)
  const opened = new AsyncDisposableStack()
  try {
    return await provision(checked, opened)
  } catch (error) {
    await opened.disposeAsync()
    throw error
  }
}

async function provision(options: CheckedOptions, opened: AsyncDisposableStack): Promise<Platform> {
  const clock = options.clock ?? startClock(options.speed, opened)
  const events: PlatformEvent[] = []
  const emit: Emit = (happening) => {
    const event = { at: clock.now(), ...happening } as PlatformEvent
    events.push(event)
    if (events.length > KEPT_EVENTS) events.shift()
    options.onEvent?.(event)
  }
  const metrics = new MetricStore(() => clock.now())
  const tokens = new TokenService()
  const network = new Network()

  const declared = readSnapshot(options.snapshot)
  const telemetry = await openTelemetryEndpoint(
    metrics,
    (key) => componentOf(declared, key),
    (resourceId) => emit({ kind: 'telemetry taken', resourceId }),
  )
  opened.defer(() => telemetry.close())
  // The workflow comes first, because its URL is one of the values that the snapshot refers to.
  const workflow = createWorkflow()
  const callbackUrl = `https://${WORKFLOW_HOST}${workflow.callbackPath()}`
  const snapshot = resolveSnapshot(declared, runtimeFunctions({ callbackUrl, telemetryUrl: telemetry.url }))
  const monitor = createMonitor({ snapshot, metrics, network, clock, metricDelayMs: options.metricDelayMs, emit })
  const site = readSite(snapshot)

  const { appService, model, adminToken } = await startSite({ site, options, clock, metrics, tokens, emit }, opened)
  const grants = [...readGrants(snapshot), OPERATOR]
  const siteId = site.resource.id
  const operatorToken = () => tokens.issue(OPERATOR.principalId, RESOURCE_MANAGER_URL).token
  const introduce = () => ({ siteId, token: operatorToken(), probeToken: PROBE_TOKEN, hosts: network.hosts() })
  const arm = await openArm({
    site,
    appService,
    tokens,
    grants,
    introduce,
    firing: () => firingIn(events),
    fault: options.armFault,
  })
  opened.defer(() => arm.close())
  const trigger = await workflow.open()
  opened.defer(() => trigger.close())
  opened.defer(() => workflow.close())
  network.route(new URL(RESOURCE_MANAGER_URL).hostname, arm.url)
  network.route(WORKFLOW_HOST, trigger.url)
  for (const slot of site.slots) network.route(slot.host, appService.url(slot.name))

  const closing = new AbortController()
  const monitoring = monitor.run(closing.signal)
  opened.defer(() => monitoring)
  opened.defer(() => closing.abort())

  return {
    productionUrl: appService.url('production'),
    stagingUrl: appService.url(CANDIDATE_SLOT),
    armUrl: arm.url,
    modelUrl: model.url,
    model,
    siteId,
    adminToken,
    events,
    callbackUrl: network.resolve(callbackUrl),
    now: () => clock.now(),
    sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
    pauseDuring: (work) => clock.pauseDuring(work),
    get runs() {
      return workflow.runs
    },
    operatorToken,
    promote: async () => {
      const app = await localWebApp({ armUrl: arm.url, clock })
      await promote(app, await planSwap(app))
    },
    deploy: (slot, settings) => appService.deploy(slot, settings),
    environment: (slot) => appService.environment(slot),
    instances: (slot) => appService.instances(slot).map(({ id }) => id),
    kill: async (slot, instance) => {
      const hit = appService.instances(slot).filter(({ id }) => instance === undefined || id === instance)
      if (hit.length === 0) throw new Error(`There is no instance ${instance} of ${slot}.`)
      await Promise.all(hit.map(({ worker }) => worker?.kill()))
    },
    replace: (instance) => appService.replace(instance),
    close: () => opened.disposeAsync(),
  }

  function createWorkflow(): Workflow {
    const type = 'Microsoft.Logic/workflows'
    const withoutItsAddress = runtimeFunctions({ callbackUrl: '', telemetryUrl: telemetry.url })
    const { id, name, properties } = onlyResourceOfType(resolveSnapshot(declared, withoutItsAddress), type)
    return new Workflow({
      name,
      definition: properties?.['definition'],
      parameters: (properties?.['parameters'] ?? {}) as Record<string, { value?: unknown }>,
      clock,
      network,
      tokenFor: (audience) => tokens.issue(identityOf(id).principalId, audience).token,
      emit,
      onRunEnd: ({ status }) => metrics.record({ resourceId: id, namespace: type, name: `Runs${status}` }, 1),
    })
  }
}

function startClock(speed: number, opened: AsyncDisposableStack): Clock {
  const { clock, stop } = startScaledClock(speed)
  opened.defer(stop)
  return clock
}

/** The rules that fired and have not resolved. A stateless rule never resolves. */
function firingIn(events: readonly PlatformEvent[]): readonly string[] {
  const firing = new Set<string>()
  for (const event of events) {
    if (event.kind === 'alert fired') firing.add(event.rule)
    if (event.kind === 'alert resolved') firing.delete(event.rule)
  }
  return [...firing]
}

/** The Application Insights component with this instrumentation key. */
function componentOf(snapshot: Snapshot, instrumentationKey: string): string | undefined {
  const components = resourcesOfType(snapshot, 'Microsoft.Insights/components')
  return components.find(({ id }) => instrumentationKeyOf(id) === instrumentationKey)?.id
}
