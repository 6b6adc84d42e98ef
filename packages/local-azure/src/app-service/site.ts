import type { SlotName } from '../events.ts'
import { onlyResourceOfType, type Resource, resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'
import type { Settings } from './settings.ts'

/** The web app as the snapshot declares it. */
export type Site = {
  readonly resource: Resource
  readonly name: string
  readonly stickyNames: readonly string[]
  /** The user-assigned identities that its processes may act as. */
  readonly identityIds: readonly string[]
  readonly slots: readonly SlotDeclaration[]
  /** The number of machines of the plan. Each runs a process of every slot. */
  readonly instances: number
}

export type SlotDeclaration = {
  readonly name: SlotName
  /** The resource id that metrics of this slot are kept under. */
  readonly resourceId: string
  readonly host: string
  readonly healthCheckPath: string | undefined
  /** Whether a client keeps the instance that handled its first request. */
  readonly hasAffinity: boolean
  readonly settings: Settings
}

export function readSite(snapshot: Snapshot): Site {
  const resource = onlyResourceOfType(snapshot, 'Microsoft.Web/sites')
  const names = resourcesOfType(snapshot, 'Microsoft.Web/sites/config').find((config) =>
    config.id.endsWith('/slotConfigNames'),
  )
  const slots = resourcesOfType(snapshot, 'Microsoft.Web/sites/slots').map((slot): SlotDeclaration => {
    const name = slot.name.split('/')[1]!
    const settings = readSettings(snapshot, slot)
    return {
      name,
      resourceId: slot.id,
      host: `${resource.name}-${name}.azurewebsites.net`,
      healthCheckPath: readHealthCheckPath(slot),
      hasAffinity: readAffinity(slot),
      settings,
    }
  })
  const production: SlotDeclaration = {
    name: 'production',
    resourceId: resource.id,
    host: `${resource.name}.azurewebsites.net`,
    healthCheckPath: readHealthCheckPath(resource),
    hasAffinity: readAffinity(resource),
    settings: readSettings(snapshot, resource),
  }
  const stickyNames = (names?.properties?.['appSettingNames'] ?? []) as string[]
  const identity = resource['identity'] as { userAssignedIdentities?: object } | undefined
  const identityIds = Object.keys(identity?.userAssignedIdentities ?? {})
  const instances = readInstances(snapshot)
  return { resource, name: resource.name, stickyNames, identityIds, slots: [production, ...slots], instances }
}

function readInstances(snapshot: Snapshot): number {
  const sku = onlyResourceOfType(snapshot, 'Microsoft.Web/serverfarms')['sku'] as { capacity?: number } | undefined
  return sku?.capacity ?? 1
}

/** Affinity is on by default. */
function readAffinity(app: Resource): boolean {
  return app.properties?.['clientAffinityEnabled'] !== false
}

function readHealthCheckPath(app: Resource): string | undefined {
  const path = (app.properties?.['siteConfig'] as Record<string, unknown> | undefined)?.['healthCheckPath']
  return typeof path === 'string' ? path : undefined
}

function readSettings(snapshot: Snapshot, owner: Resource): Settings {
  const id = `${owner.id}/config/appsettings`
  const settings = snapshot.resources.find((resource) => resource.id === id)
  if (settings === undefined) throw new SnapshotError(`there is no ${id}`, snapshot.file)
  for (const [name, value] of Object.entries(settings.properties ?? {})) {
    if (typeof value === 'string') continue
    throw new SnapshotError(`the app setting ${name} is not a string`, `${snapshot.file}: ${settings.name}`)
  }
  return (settings.properties ?? {}) as Settings
}
