import { resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'

export type ActionGroup = {
  readonly id: string
  readonly webhooks: readonly Receiver[]
  readonly people: readonly string[]
}

export type Receiver = { readonly name: string; readonly url: string }

const WEBHOOK_KINDS = { logicAppReceivers: 'callbackUrl', webhookReceivers: 'serviceUri' } as const
const PEOPLE_KINDS = ['armRoleReceivers', 'emailReceivers', 'smsReceivers']

export function readActionGroups(snapshot: Snapshot): ActionGroup[] {
  return resourcesOfType(snapshot, 'Microsoft.Insights/actionGroups').map((resource) => {
    const place = `${snapshot.file}: ${resource.name}`
    const properties = (resource.properties ?? {}) as Record<string, Record<string, unknown>[]>
    for (const kind of Object.keys(properties).filter((key) => key.endsWith('Receivers'))) {
      if (kind in WEBHOOK_KINDS || PEOPLE_KINDS.includes(kind)) continue
      throw new SnapshotError(`the local platform does not support ${kind}`, place)
    }
    const webhooks = Object.entries(WEBHOOK_KINDS).flatMap(([kind, urlField]) =>
      (properties[kind] ?? []).map((receiver) => {
        if (receiver['useCommonAlertSchema'] === true) {
          return { name: String(receiver['name']), url: String(receiver[urlField]) }
        }
        throw new SnapshotError(`the receiver ${receiver['name']} does not use the common alert schema`, place)
      }),
    )
    const people = PEOPLE_KINDS.flatMap((kind) => (properties[kind] ?? []).map((receiver) => String(receiver['name'])))
    return { id: resource.id, webhooks, people }
  })
}
