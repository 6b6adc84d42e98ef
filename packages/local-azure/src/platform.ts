import { randomBytes } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { AppService } from './app-service/app-service.ts'
import { readSite, type Site, type SlotDeclaration } from './app-service/site.ts'
import { openArm } from './arm/arm-server.ts'
import { readGrants } from './arm/authorization.ts'
import { scaledClock } from './clock/scaled-clock.ts'
import type { Emit, PlatformEvent } from './events.ts'
import { openManagedIdentityEndpoint } from './identity/managed-identity-endpoint.ts'
import { TokenService } from './identity/token-service.ts'
import { localSettings } from './local-settings.ts'
import type { RunRecord } from './logic-apps/run-record.ts'
import { Workflow } from './logic-apps/workflow.ts'
import { type ModelEndpoint, startModelEndpoint } from './model/index.ts'
import { Notifier, readActionGroups } from './monitor/action-group.ts'
import { readAlertRules } from './monitor/alert-rule.ts'
import { evaluateAlerts } from './monitor/evaluator.ts'
import { MetricStore } from './monitor/metric-store.ts'
import { Network } from './network/network.ts'
import { checkPlatformOptions, type PlatformOptions } from './platform-options.ts'
import { promote } from './promotion.ts'
import { resolveSnapshot } from './snapshot/resolve.ts'
import { identityOf, resourceManagerUrl, runtimeFunctions } from './snapshot/runtime-values.ts'
import { onlyResourceOfType, readSnapshot } from './snapshot/snapshot.ts'

/** A deployment of the snapshot, running on this machine. */
export type Platform = {
  readonly productionUrl: string
  readonly stagingUrl: string
  readonly armUrl: string
  readonly modelUrl: string
  /** What stands in for Azure OpenAI: its log of attempts, its bill, its faults. */
  readonly model: ModelEndpoint
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
  /** Puts another release into a slot, with settings of its own that travel when the slots are swapped. */
  deploy(slot: 'production' | 'staging', settings: Readonly<Record<string, string>>): Promise<void>
  /** Ends the process of a slot at once, as a crash would. */
  kill(slot: 'production' | 'staging'): Promise<void>
  close(): Promise<void>
}

const workflowHost = 'prod-00.swedencentral.logic.azure.com'
const candidateSlot = 'staging'
const operator = { principalId: 'operator', scope: '', actions: ['*'], notActions: [] }

/**
 * Provisions the snapshot on loopback and runs it: both slots as processes, the front door, ARM, the alert rules, the
 * action groups and the healer's workflow. Throws before anything runs if the snapshot asks for what it does not know.
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

async function provision(
  options: ReturnType<typeof checkPlatformOptions>,
  opened: AsyncDisposableStack,
): Promise<Platform> {
  const clock = options.clock ?? scaledClock(options.speed)
  const now = () => clock.now()
  const events: PlatformEvent[] = []
  const emit: Emit = (happening) => {
    const event = { at: now(), ...happening } as PlatformEvent
    events.push(event)
    options.onEvent?.(event)
  }
  const metrics = new MetricStore(now)
  const tokens = new TokenService()
  const network = new Network()

  const declared = readSnapshot(options.snapshot)
  // The workflow's address is one of the values that the snapshot leaves open, so it comes before the rest.
  const workflow = createWorkflow()
  const callbackUrl = `https://${workflowHost}${workflow.callbackPath()}`
  const snapshot = resolveSnapshot(declared, runtimeFunctions(callbackUrl))
  const site = readSite(snapshot)
  const rules = readAlertRules(snapshot)
  const groups = readActionGroups(snapshot)

  const model = await startModelEndpoint({ seed: options.seed ?? 1, ...options.model })
  opened.defer(() => model.close())
  const adminToken = options.adminToken ?? randomBytes(24).toString('base64url')
  const dataFolder = options.dataFolder ?? temporaryFolder(opened)
  const identitySecret = randomBytes(16).toString('hex')
  const identity = await openManagedIdentityEndpoint(tokens, site.identityIds.map(identityOf), identitySecret)
  opened.defer(() => identity.close())
  const local = localSettings({
    modelUrl: model.url,
    identityUrl: identity.url,
    identitySecret,
    adminToken,
    dataFolder,
  })
  const appService = await AppService.start({
    site,
    entry: options.entry,
    overrides: Object.fromEntries(site.slots.map(({ name }) => [name, { ...local, ...options.environment?.[name] }])),
    now,
    emit,
    onAnswer: (slot, status) => recordAnswer(metrics, site, slot, status),
  })
  opened.defer(() => appService.close())

  const grants = [...readGrants(snapshot), operator]
  const arm = await openArm({ site, appService, tokens, grants, fault: options.armFault })
  opened.defer(() => arm.close())
  const trigger = await workflow.open()
  opened.defer(() => trigger.close())
  opened.defer(() => workflow.close())
  network.route(new URL(resourceManagerUrl).hostname, arm.url)
  network.route(workflowHost, trigger.url)
  for (const slot of site.slots) network.route(slot.host, appService.url(slot.name))

  const notifier = new Notifier({ groups, network, clock, emit })
  const closing = new AbortController()
  const monitoring = evaluateAlerts(
    { rules, metrics, clock, metricDelayMs: options.metricDelayMs, emit, announce: notifier.announce },
    closing.signal,
  )
  opened.defer(() => monitoring)
  opened.defer(() => closing.abort())

  const operatorToken = () => tokens.issue(operator.principalId, resourceManagerUrl).token
  const productionUrl = appService.url('production')
  return {
    productionUrl,
    stagingUrl: appService.url(candidateSlot),
    armUrl: arm.url,
    modelUrl: model.url,
    model,
    siteId: site.resource.id,
    adminToken,
    events,
    callbackUrl: network.resolve(callbackUrl),
    now,
    get runs() {
      return workflow.runs
    },
    operatorToken,
    promote: () =>
      promote({ armUrl: arm.url, siteId: site.resource.id, token: operatorToken(), productionUrl, candidateSlot }),
    deploy: (slot, settings) => appService.deploy(slot, settings),
    kill: async (slot) => appService.worker(slot)?.kill(),
    close: () => opened.disposeAsync(),
  }

  function createWorkflow(): Workflow {
    const type = 'Microsoft.Logic/workflows'
    const { id, name, properties } = onlyResourceOfType(resolveSnapshot(declared, runtimeFunctions('')), type)
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

function recordAnswer(metrics: MetricStore, site: Site, { resourceId }: SlotDeclaration, status: number): void {
  const namespace = site.resource.id === resourceId ? 'Microsoft.Web/sites' : 'Microsoft.Web/sites/slots'
  metrics.record({ resourceId, namespace, name: 'Requests' }, 1)
  metrics.record({ resourceId, namespace, name: 'Http5xx' }, status >= 500 ? 1 : 0)
}

function temporaryFolder(opened: AsyncDisposableStack): string {
  const folder = mkdtempSync(join(tmpdir(), 'local-azure-'))
  opened.defer(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
