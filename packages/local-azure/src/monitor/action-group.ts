import { resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'
import { SnapshotError } from '../snapshot/snapshot-error.ts'

export type ActionGroup = {
  readonly id: string
  readonly webhooks: readonly Receiver[]
  readonly people: readonly string[]
}

export type Receiver = { readonly name: string; readonly url: string }

const webhookKinds = { logicAppReceivers: 'callbackUrl', webhookReceivers: 'serviceUri' } as const
const peopleKinds = ['armRoleReceivers', 'emailReceivers', 'smsReceivers']

export function readActionGroups(snapshot: Snapshot): ActionGroup[] {
  return resourcesOfType(snapshot, 'Microsoft.Insights/actionGroups').map((resource) => {
    const place = `${snapshot.file}: ${resource.name}`
    const properties = (resource.properties ?? {}) as Record<string, Record<string, unknown>[]>
    for (const kind of Object.keys(properties).filter((key) => key.endsWith('Receivers'))) {
      if (kind in webhookKinds || peopleKinds.includes(kind)) continue
      throw new SnapshotError(`the local platform knows no ${kind}`, place)
    }
    const webhooks = Object.entries(webhookKinds).flatMap(([kind, urlField]) =>
      (properties[kind] ?? []).map((receiver) => {
        if (receiver['useCommonAlertSchema'] === true) {
          return { name: String(receiver['name']), url: String(receiver[urlField]) }
        }
        throw new SnapshotError(`the receiver ${receiver['name']} does not use the common alert schema`, place)
      }),
    )
    const people = peopleKinds.flatMap((kind) => (properties[kind] ?? []).map((receiver) => String(receiver['name'])))
    return { id: resource.id, webhooks, people }
  })
}
