// Runs after a provision. The first deployment will go to production. The key of the first tenant is in the vault now, so
// it is removed from the disk.
import { azd } from './azd.ts'
import { TARGET_SLOT } from './target-slot.ts'

if (!process.env[TARGET_SLOT]) azd.set(TARGET_SLOT, 'production')
if (process.env['FIRST_TENANT_KEY']) {
  // Before it is gone: what ends in between shows it all the same.
  azd.set('FIRST_TENANT_KEY_SHOWN', 'false')
  azd.set('FIRST_TENANT_KEY', '')
}
