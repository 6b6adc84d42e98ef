using 'main.bicep'

param environmentName = readEnvironmentVariable('AZURE_ENV_NAME', 'llmops')
param location = readEnvironmentVariable('AZURE_LOCATION', 'swedencentral')
param tenantKeys = readEnvironmentVariable('TENANT_KEYS')
