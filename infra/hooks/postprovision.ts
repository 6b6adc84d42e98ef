// Runs after a provision. The first deployment will go to production. The key of the first tenant is in the vault now, so
// it is removed from the disk. The slots read the vault again.
import { azd } from './azd.ts'
import { readVaultAgain } from './read-vault-again.ts'
import { TARGET_SLOT } from './target-slot.ts'

if (!process.env[TARGET_SLOT]) azd.set(TARGET_SLOT, 'production')
if (process.env['FIRST_TENANT_KEY']) {
  // Before it is gone: what ends in between shows it all the same.
  azd.set('FIRST_TENANT_KEY_SHOWN', 'false')
  azd.set('FIRST_TENANT_KEY', '')
}

const { AZURE_SUBSCRIPTION_ID: subscription, AZURE_RESOURCE_GROUP: group, AZURE_WEBAPP_NAME: site } = process.env
if (subscription && group && site) {
  await readVaultAgain(`/subscriptions/${subscription}/resourceGroups/${group}/providers/Microsoft.Web/sites/${site}`)
}
