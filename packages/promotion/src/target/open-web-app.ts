import { parseUrl, UsageError } from 'command-line'
import { Command } from 'commander'
import { WebApp } from '../web-app.ts'
import { readAzdEnvironment } from './azd-environment.ts'
import { azureLogin } from './azure-login.ts'
import { readProbeToken } from './read-probe-token.ts'

export type WebAppOptions = {
  readonly subscription?: string
  readonly resourceGroup?: string
  readonly site?: string
  readonly slot: string
  readonly local?: URL
}

/** A command about one web app, with the options that say which. */
export function webAppCommand(name: string): Command {
  return new Command(name)
    .option('--subscription <id>', 'default: AZURE_SUBSCRIPTION_ID, then what azd wrote down')
    .option('--resource-group <name>', 'default: AZURE_RESOURCE_GROUP, then what azd wrote down')
    .option('--site <name>', 'the web app; default: AZURE_WEBAPP_NAME, then what azd wrote down')
    .option('--slot <name>', 'the slot that is swapped with production', 'staging')
    .option(
      '--local <url>',
      'the local platform instead of Azure: the address that `npx --yes pnpm@12 drill --keep` prints',
      parseUrl,
    )
}

/** The web app that the options mean. */
export async function openWebApp({ local, slot, ...options }: WebAppOptions): Promise<WebApp> {
  const { subscription, resourceGroup, site } = options
  if (local) {
    // Loaded when it is asked for: a swap on Azure needs nothing of it.
    const { localWebApp } = await import('local-azure')
    return localWebApp({ armUrl: local, subscriptionId: subscription, resourceGroup, site, slot })
  }
  const written = readAzdEnvironment(process.cwd())
  const find = (given: string | undefined, option: string, variable: string) => {
    const value = given ?? process.env[variable] ?? written[variable]
    if (value) return value
    throw new UsageError(`No ${option} was given, and neither the environment nor azd has ${variable}; add ${option}.`)
  }
  const credential = await azureLogin()
  const vault = process.env['AZURE_KEY_VAULT_NAME'] ?? written['AZURE_KEY_VAULT_NAME']
  return new WebApp({
    subscriptionId: find(subscription, '--subscription', 'AZURE_SUBSCRIPTION_ID'),
    resourceGroup: find(resourceGroup, '--resource-group', 'AZURE_RESOURCE_GROUP'),
    site: find(site, '--site', 'AZURE_WEBAPP_NAME'),
    slot,
    credential,
    probeToken: process.env['PROBE_TOKEN'] || (vault && (await readProbeToken(vault, credential))),
  })
}
