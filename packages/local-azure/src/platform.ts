import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppService } from './app-service/app-service.ts'
import { readSite, type Site } from './app-service/site.ts'
import { openArm } from './arm/arm-server.ts'
import { type Grant, readGrants } from './arm/authorization.ts'
import { scaledClock } from './clock/scaled-clock.ts'
import type { Emit, PlatformEvent } from './events.ts'
import { TokenService } from './identity/token-service.ts'
import { localSettings } from './local-settings.ts'
import type { RunRecord } from './logic-apps/run-record.ts'
import { Workflow } from './logic-apps/workflow.ts'
import { type ActionGroup, Notifier, readActionGroups } from './monitor/action-group.ts'
import { readAlertRules } from './monitor/alert-rule.ts'
import { evaluateAlerts } from './monitor/evaluator.ts'
import { MetricStore } from './monitor/metric-store.ts'
import { Network } from './network/network.ts'
import { checkPlatformOptions, type PlatformOptions } from './platform-options.ts'
import { promote } from './promotion.ts'
import { resolveSnapshot } from './snapshot/resolve.ts'
import { principalIdOf, resourceManagerUrl, runtimeFunctions } from './snapshot/runtime-values.ts'
import { onlyResourceOfType, readSnapshot, type Snapshot } from './snapshot/snapshot.ts'

/** A deployment of the snapshot, running on this machine. */
export type Platform = {
  readonly productionUrl: string
  readonly stagingUrl: string
  readonly armUrl: string
  /** The web app's resource id. */
  readonly siteId: string
  readonly adminToken: string
  /** Everything that has happened so far, the oldest first. */
  readonly events: readonly PlatformEvent[]
  /** The runs of the healer, the oldest first. */
  readonly runs: readonly RunRecord[]
  /** The signed address that the action group calls; whoever has it can start the healer. */
  readonly callbackUrl: string
  /** Rule time, in milliseconds since the epoch. */
  now(): number
  /** A token of someone who may do everything, as whoever deploys does. */
  operatorToken(): string
  /** Swaps staging into production and arms the healer for that swap. */
  promote(): Promise<void>
  /** Ends the process of a slot at once, as a crash would. */
  kill(slot: 'production' | 'staging'): Promise<void>
  close(): Promise<void>
}

const workflowHost = 'prod-00.westeurope.logic.azure.com'
const candidateSlot = 'staging'
const operator = 'operator'

/**
 * Provisions the snapshot on loopback and runs it: both slots as processes, the front door, ARM, the alert rules, the
 * action groups and the healer's workflow. Throws before anything runs if the snapshot asks for what it does not know.
 *
 * @example
 * const platform = await startPlatform({ snapshot: 'infra/main.snapshot.json', entry: 'apps/agent/src/main.ts', speed: 60 })
 * await fetch(`${platform.productionUrl}/health`)
 * await platform.close()
 */
export async function startPlatform(given: PlatformOptions): Promise<Platform> {
  const options = checkPlatformOptions(given)
  const clock = options.clock ?? scaledClock(options.speed)
  const now = () => clock.now()
  const events: PlatformEvent[] = []
  const emit: Emit = (happening) => {
    const event = { at: now(), ...happening } as PlatformEvent
    events.push(event)
    options.onEvent?.(event)
  }

  const declared = readSnapshot(options.snapshot)
  const workflowSecret = randomBytes(32)
  const metrics = new MetricStore(now)
  const tokens = new TokenService()
  const network = new Network()
  const workflow = createWorkflow()
  const callbackUrl = `https://${workflowHost}${workflow.callbackPath()}`
  const snapshot = resolve(declared, callbackUrl)
  const site = readSite(snapshot)
  const rules = readAlertRules(snapshot)
  const groups = readActionGroups(snapshot)
  const grants: Grant[] = [
    ...readGrants(snapshot),
    { principalId: operator, scope: '', actions: ['*'], notActions: [] },
  ]

  const adminToken = options.adminToken ?? randomBytes(24).toString('base64url')
  const dataFolder = options.dataFolder ?? mkdtempSync(join(tmpdir(), 'local-azure-'))
  const appService = await AppService.start({
    site,
    entry: options.entry,
    overrides: overridesFor(site),
    now,
    emit,
    onAnswer: ({ resourceId }, status) => {
      const namespace = site.resource.id === resourceId ? 'Microsoft.Web/sites' : 'Microsoft.Web/sites/slots'
      metrics.record({ resourceId, namespace, name: 'Requests' }, 1)
      metrics.record({ resourceId, namespace, name: 'Http5xx' }, status >= 500 ? 1 : 0)
    },
  })
  const fault = options.armFault
  const arm = await openArm({ site, appService, tokens, grants, ...(fault === undefined ? {} : { fault }) })
  const trigger = await workflow.open()

  network.route(new URL(resourceManagerUrl).hostname, arm.url)
  network.route(workflowHost, trigger.url)
  for (const slot of site.slots) network.route(slot.host, appService.url(slot.name))

  const closing = new AbortController()
  const notifier = new Notifier({ network, clock, emit })
  const monitoring = evaluateAlerts(
    { rules, metrics, clock, metricDelayMs: options.metricDelayMs, emit, announce: announceTo(groups, notifier) },
    closing.signal,
  )

  return {
    productionUrl: appService.url('production'),
    stagingUrl: appService.url(candidateSlot),
    armUrl: arm.url,
    siteId: site.resource.id,
    adminToken,
    events,
    callbackUrl: network.resolve(callbackUrl),
    now,
    get runs() {
      return workflow.runs
    },
    operatorToken: () => tokens.issue(operator, resourceManagerUrl).token,
    promote: () =>
      promote({
        armUrl: arm.url,
        siteId: site.resource.id,
        token: tokens.issue(operator, resourceManagerUrl).token,
        productionUrl: appService.url('production'),
        candidateSlot,
      }),
    kill: async (slot) => appService.worker(slot)?.kill(),
    close: async () => {
      closing.abort()
      await monitoring
      await workflow.close()
      await Promise.all([trigger.close(), arm.close(), appService.close()])
      if (options.dataFolder === undefined) rmSync(dataFolder, { recursive: true, force: true })
    },
  }

  function createWorkflow(): Workflow {
    const { id, name, properties } = onlyResourceOfType(resolve(declared, ''), 'Microsoft.Logic/workflows')
    const runsOf = (metric: string) => ({ resourceId: id, namespace: 'Microsoft.Logic/workflows', name: metric })
    return new Workflow(
      {
        name,
        definition: properties?.['definition'],
        parameters: (properties?.['parameters'] ?? {}) as Record<string, { value?: unknown }>,
        clock,
        network,
        tokenFor: (audience) => tokens.issue(principalIdOf(id), audience).token,
        emit,
        onRunEnd: ({ status }) => metrics.record(runsOf(`Runs${status}`), 1),
      },
      workflowSecret,
    )
  }

  function overridesFor({ slots }: Site) {
    const local = localSettings({ modelUrl: options.model?.url, adminToken, dataFolder })
    return Object.fromEntries(slots.map(({ name }) => [name, { ...local, ...options.environment?.[name] }]))
  }
}

function resolve(snapshot: Snapshot, callbackUrl: string): Snapshot {
  return resolveSnapshot(
    snapshot,
    runtimeFunctions(() => callbackUrl),
  )
}

function announceTo(
  groups: readonly ActionGroup[],
  notifier: Notifier,
): Parameters<typeof evaluateAlerts>[0]['announce'] {
  return async (announcement, signal) => {
    const called = groups.filter(({ id }) => announcement.rule.actionGroupIds.includes(id))
    await Promise.all(called.map((group) => notifier.notify(group, announcement, signal)))
  }
}
