// One ledger for all instances of both slots. Without it each instance counts its own spending.
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
    // All properties that Azure would fill in are set here. Only the SKU can be changed later, so a second deployment with
    // other values would be refused (Azure/bicep#18604).
    properties: {
      port: 10000
      deferUpgrade: 'NotDeferred'
      accessKeysAuthentication: 'Disabled'
      clientProtocol: 'Encrypted'
      // Clients must see a single shard, because a script of the ledger uses several keys.
      clusteringPolicy: 'EnterpriseCluster'
      // An evicted key would make the ledger forget spending.
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
