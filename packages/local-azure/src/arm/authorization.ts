import { resourceById, resourcesOfType, type Snapshot } from '../snapshot/snapshot.ts'

/** What a principal may do, and where. */
export type Grant = {
  readonly principalId: string
  readonly scope: string
  readonly actions: readonly string[]
  readonly notActions: readonly string[]
}

/** The grants from the snapshot's role assignments, for the roles that the snapshot defines. */
export function readGrants(snapshot: Snapshot): Grant[] {
  const custom = resourcesOfType(snapshot, 'Microsoft.Authorization/roleDefinitions').map((role) => role.id)
  return resourcesOfType(snapshot, 'Microsoft.Authorization/roleAssignments').flatMap((assignment) => {
    const roleId = String(assignment.properties?.['roleDefinitionId'])
    // Built-in roles in this deployment are for data planes (models, secrets), which this ARM does not serve.
    if (!custom.includes(roleId)) return []
    const role = resourceById(snapshot, roleId)
    const permissions = role.properties?.['permissions'] as { actions?: string[]; notActions?: string[] }[]
    const scope = assignment.id.slice(
      0,
      assignment.id.lastIndexOf('/providers/Microsoft.Authorization/roleAssignments/'),
    )
    const principalId = String(assignment.properties?.['principalId'])
    return permissions.map(({ actions = [], notActions = [] }) => ({ principalId, scope, actions, notActions }))
  })
}

export function isAllowed(grants: readonly Grant[], principalId: string, action: string, resourceId: string): boolean {
  return grants.some(
    (grant) =>
      grant.principalId === principalId &&
      isWithin(resourceId, grant.scope) &&
      grant.actions.some((pattern) => matches(pattern, action)) &&
      !grant.notActions.some((pattern) => matches(pattern, action)),
  )
}

function isWithin(resourceId: string, scope: string): boolean {
  const [inner, outer] = [resourceId.toLowerCase(), scope.toLowerCase()]
  return inner === outer || inner.startsWith(`${outer}/`) || outer === ''
}

/** Role actions are case-insensitive, and `*` matches anything. */
function matches(pattern: string, action: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'i').test(action)
}
