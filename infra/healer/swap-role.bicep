// What a swap needs and nothing else. Website Contributor would do, but it also deploys code, lists secrets and deletes
// the site; whoever prefers a built-in role assigns de139f84-1756-47ae-9be6-808fbbe84772 at the same scope.
param siteName string
param workflowName string

resource site 'Microsoft.Web/sites@2024-11-01' existing = {
  name: siteName
}

resource workflow 'Microsoft.Logic/workflows@2019-05-01' existing = {
  name: workflowName
}

resource role 'Microsoft.Authorization/roleDefinitions@2022-04-01' = {
  name: guid(site.id, 'slot-swapper')
  properties: {
    roleName: 'Slot swapper of ${siteName}'
    description: 'Reads one site and its slots, swaps them, and follows the swap to its end.'
    type: 'CustomRole'
    assignableScopes: [resourceGroup().id]
    permissions: [
      {
        actions: [
          'Microsoft.Web/sites/read'
          'Microsoft.Web/sites/slots/slotsswap/action'
          'Microsoft.Web/sites/slots/operationresults/read'
        ]
        notActions: []
      }
    ]
  }
}

resource maySwap 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  scope: site
  name: guid(site.id, workflow.id, role.id)
  properties: {
    principalId: workflow.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: role.id
  }
}
