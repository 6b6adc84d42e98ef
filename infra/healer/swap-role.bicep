// The permissions that a swap needs and no others. The built-in role Website Contributor
// (de139f84-1756-47ae-9be6-808fbbe84772) would be enough, but it may also deploy code, list secrets and delete the site.
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
    description: 'Reads one site and its slots, swaps them, and reads the result of the swap.'
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
