param name string
@secure()
param adminToken string
@secure()
param probeToken string
@secure()
param mcpHandleKey string
@secure()
param tenantKeys string
@secure()
param firstTenantKey string
param keepsFirstTenantKey bool
param deployerId string
param identityName string
param logsName string
param location string
param tags object

var keyVaultSecretsUser = '4633458b-17de-408a-b874-0445c86b69e6'

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource logs 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = {
  name: logsName
}

resource vault 'Microsoft.KeyVault/vaults@2024-11-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    tenantId: tenant().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
  }
}

var secretNames = ['admin-token', 'tenant-keys', 'probe-token', 'mcp-handle-key']

// The settings refer to these secrets by name. The agent refuses a reference that was not resolved: the process gets its
// literal text, which would be a token that anyone can read in this file.
resource secrets 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = [
  for secretName in secretNames: {
    parent: vault
    name: secretName
    properties: {
      value: secretName == 'admin-token'
        ? adminToken
        : secretName == 'tenant-keys' ? tenantKeys : secretName == 'probe-token' ? probeToken : mcpHandleKey
    }
  }
]

resource mayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (secretName, index) in secretNames: {
    scope: secrets[index]
    name: guid(secrets[index].id, identity.id, keyVaultSecretsUser)
    properties: {
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
      roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
    }
  }
]

// Stored for the person who deploys, because otherwise the only copy would be on one disk. The agent cannot read it.
resource firstKey 'Microsoft.KeyVault/vaults/secrets@2024-11-01' = if (keepsFirstTenantKey) {
  parent: vault
  name: 'first-tenant-key'
  properties: { value: firstTenantKey }
}

resource deployerMayRead 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (keepsFirstTenantKey && deployerId != '') {
  scope: firstKey
  name: guid(firstKey.id, deployerId, keyVaultSecretsUser)
  properties: {
    principalId: deployerId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

// A promotion needs this token to make both slots run a readiness task.
resource deployerMayProbe 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (deployerId != '') {
  scope: secrets[indexOf(secretNames, 'probe-token')]
  name: guid(secrets[indexOf(secretNames, 'probe-token')].id, deployerId, keyVaultSecretsUser)
  properties: {
    principalId: deployerId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', keyVaultSecretsUser)
  }
}

resource diagnostics 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  scope: vault
  name: 'to-log-analytics'
  properties: {
    workspaceId: logs.id
    logs: [{ categoryGroup: 'audit', enabled: true }]
  }
}
