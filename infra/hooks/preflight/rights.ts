import { type Finding, stop } from './finding.ts'
import { listOf, type Target } from './target.ts'

type Permission = { readonly actions: readonly string[]; readonly notActions: readonly string[] }

const NEEDED = [
  'Microsoft.Resources/deployments/write',
  'Microsoft.Web/sites/write',
  'Microsoft.CognitiveServices/accounts/deployments/write',
  'Microsoft.Authorization/roleAssignments/write',
  'Microsoft.Authorization/roleDefinitions/write',
]

/** Finds permissions that a provision needs and the login does not have. */
export async function rightFindings({ azure, subscription }: Target): Promise<Finding[]> {
  const path = `/subscriptions/${subscription}/providers/Microsoft.Authorization/permissions`
  const answer = await azure.ask('GET', path, '2022-04-01')
  if (answer.status !== 200) return []
  const permissions = listOf<Permission>(answer)
  const missing = NEEDED.filter((action) => !permissions.some((permission) => allows(permission, action)))
  if (missing.length === 0) return []
  const roles = 'Contributor with Role Based Access Control Administrator, or Owner'
  return [
    stop(
      `The login may not ${missing.join(', ')}; ask for ${roles}: az role assignment create --role Owner --assignee <you> --scope /subscriptions/${subscription}`,
    ),
  ]
}

function allows({ actions, notActions }: Permission, action: string): boolean {
  return actions.some((pattern) => matches(pattern, action)) && !notActions.some((pattern) => matches(pattern, action))
}

/** Actions are case-insensitive, and `*` matches any text. */
function matches(pattern: string, action: string): boolean {
  const escaped = pattern.split('*').map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 'i').test(action)
}
