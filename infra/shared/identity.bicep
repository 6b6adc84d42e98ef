// One user-assigned identity on both slots: a system-assigned one does not travel with a swap and was reported stale
// after it (azure-docs #108386, azure-sdk-for-net #45367).
param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}
