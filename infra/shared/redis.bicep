// One ledger for every instance of both slots. Without it each slot counts its own spending.
param name string
param sku string
param identityName string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = {
  name: identityName
}

resource cluster 'Microsoft.Cache/redisEnterprise@2025-07-01' = {
  name: name
  location: location
  tags: tags
  sku: { name: sku }
  properties: {
    minimumTlsVersion: '1.2'
    publicNetworkAccess: 'Enabled'
    highAvailability: 'Enabled'
  }

  resource database 'databases' = {
    name: 'default'
    // All that Azure would fill in is named, and nothing can be changed but the SKU: a second deployment must ask for
    // what is there, or it is refused (Azure/bicep#18604).
    properties: {
      port: 10000
      deferUpgrade: 'NotDeferred'
      accessKeysAuthentication: 'Disabled'
      clientProtocol: 'Encrypted'
      // One shard to the client: a script of the ledger touches several keys.
      clusteringPolicy: 'EnterpriseCluster'
      // What is evicted has not been spent.
      evictionPolicy: 'NoEviction'
      persistence: { aofEnabled: true, aofFrequency: '1s', rdbEnabled: false }
    }

    resource mayUse 'accessPolicyAssignments' = {
      name: 'agent'
      properties: {
        accessPolicyName: 'default'
        user: { objectId: identity.properties.principalId }
      }
    }
  }
}
