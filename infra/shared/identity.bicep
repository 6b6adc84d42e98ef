// One user-assigned identity for both slots: a system-assigned one does not move with a swap, and has been reported stale
// after one (azure-docs #108386, azure-sdk-for-net #45367).
param name string
param location string
param tags object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}
