import { readFileSync } from 'node:fs'
import { join } from 'node:path'

export type Deployed<Properties> = {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly properties: Properties
  readonly tags?: Readonly<Record<string, string>>
  readonly identity?: { readonly userAssignedIdentities?: Readonly<Record<string, unknown>> }
}

/** An alert rule on what a query finds. */
export type QueryRule = {
  readonly skipQueryValidation: boolean
  readonly criteria: { readonly allOf: readonly object[] }
  readonly actions: { readonly actionGroups: readonly string[] }
}

export type AlertRule = {
  readonly scopes: readonly string[]
  readonly evaluationFrequency: string
  readonly windowSize: string
  readonly criteria: { readonly allOf: readonly Criterion[] }
  readonly actions: readonly { readonly actionGroupId: string }[]
}

type Criterion = {
  readonly metricNamespace: string
  readonly metricName: string
  readonly timeAggregation: string
  readonly operator: string
  readonly skipMetricValidation?: boolean
}

export type ActionGroup = {
  readonly groupShortName: string
  readonly logicAppReceivers?: readonly { readonly resourceId: string; readonly callbackUrl: string }[]
}

export type Workflow = { readonly definition: { readonly triggers: Readonly<Record<string, unknown>> } }

export type Role = { readonly permissions: readonly { readonly actions: readonly string[] }[] }

export type RoleAssignment = { readonly principalId: string; readonly roleDefinitionId: string }

export type App = { readonly siteConfig: Readonly<Record<string, unknown>> }

export type Settings = Readonly<Record<string, string>>

type SnapshotFile = {
  readonly predictedResources: readonly Deployed<unknown>[]
  readonly outputs: Readonly<Record<string, string>>
}

/** `main.snapshot.json` as committed: text, resources and outputs. */
export const snapshotText = readFileSync(join(import.meta.dirname, 'main.snapshot.json'), 'utf8')
export const { predictedResources: resources, outputs } = JSON.parse(snapshotText) as SnapshotFile

export function ofType<Properties = unknown>(type: string): readonly Deployed<Properties>[] {
  return resources.filter((resource) => resource.type === type) as readonly Deployed<Properties>[]
}

export function only<Properties = unknown>(type: string): Deployed<Properties> {
  const [resource, second] = ofType<Properties>(type)
  if (resource === undefined || second !== undefined) throw new Error(`There is not exactly one ${type}.`)
  return resource
}

export function settingsOf(app: Deployed<unknown>): Settings {
  return resources.find(({ id }) => id === `${app.id}/config/appsettings`)?.properties as Settings
}
