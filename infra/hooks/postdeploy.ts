// Runs after a deployment. The first one is also deployed to staging, so that there is a release to swap with. It then
// shows once how to ask the agent.
import { setTimeout as delay } from 'node:timers/promises'
import { azd } from './azd.ts'
import { openAzure } from './azure.ts'
import { callOf, FIRST_KEY_SECRET, readFirstKey, untilReady } from './first-tenant.ts'
import { TARGET_SLOT } from './target-slot.ts'

const { AZURE_KEY_VAULT_NAME: vault = '', AGENT_URL: url = '' } = process.env
const sleep = (ms: number) => delay(ms)

if (process.env[TARGET_SLOT] === 'production') {
  // Before the second deployment, whose own hook must find it, and shows the key.
  azd.set(TARGET_SLOT, 'staging')
  azd.deploy()
} else if (process.env['FIRST_TENANT_KEY_SHOWN'] === 'false') {
  await showFirstKey()
}

async function showFirstKey(): Promise<void> {
  const status = await untilReady({ read: () => fetch(`${url}/health/ready`), sleep })
  console.log(
    status === 200
      ? `The agent answers at ${url}.`
      : `The agent is not ready yet (${status}): curl ${url}/health/ready says why.`,
  )
  const key = await keyFromVault()
  if (key === undefined) {
    console.log('Its first tenant has a key in the vault, which this login cannot read yet:')
    console.log(`  az keyvault secret show --vault-name ${vault} --name ${FIRST_KEY_SECRET} --query value --output tsv`)
    return
  }
  console.log('Ask it as its first tenant; the key stays in the vault, and is not shown again:')
  console.log(`  ${callOf(url, key, process.platform)}`)
  azd.set('FIRST_TENANT_KEY_SHOWN', 'true')
}

async function keyFromVault(): Promise<string | undefined> {
  try {
    const azure = openAzure()
    return await readFirstKey({ read: () => azure.secret(vault, FIRST_KEY_SECRET), sleep })
  } catch {
    return undefined
  }
}
