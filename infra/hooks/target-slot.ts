// azd deploys to one slot at a time and asks which, unless AZD_DEPLOY_AGENT_SLOT_NAME says so
// (learn.microsoft.com/azure/developer/azure-developer-cli/app-service-slots).
//
// postprovision   the first deployment goes to production: there is nothing to swap with yet
// postdeploy      after it the same build goes to staging, and every later deployment goes there only
import { execFileSync } from 'node:child_process'

const variable = 'AZD_DEPLOY_AGENT_SLOT_NAME'
const hook = process.argv[2]
const slot = process.env[variable] ?? ''

switch (hook) {
  case 'postprovision':
    if (slot === '') aim('production')
    break
  case 'postdeploy':
    if (slot !== 'production') break
    // Before the second deployment, whose own hook must find it.
    aim('staging')
    azd('deploy', 'agent', '--no-prompt')
    break
  default:
    console.error(`target-slot: the hook is ${hook}; it must be postprovision or postdeploy.`)
    process.exitCode = 2
}

function aim(target: string): void {
  azd('env', 'set', variable, target)
  process.env[variable] = target
}

function azd(...args: string[]): void {
  execFileSync('azd', args, { stdio: 'inherit' })
}
