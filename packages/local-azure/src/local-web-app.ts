import type { HttpClient } from '@azure/core-rest-pipeline'
import { RefusedError, WebApp } from 'promotion'
import { INTRODUCTION_PATH, type Introduction } from './arm/introduction.ts'
import type { Clock } from './clock/clock.ts'
import { loopbackTransport } from './network/loopback-transport.ts'
import { Network } from './network/network.ts'

export type LocalWebAppOptions = {
  /** `armUrl` of a running platform. */
  readonly armUrl: string | URL
  readonly subscriptionId?: string | undefined
  readonly resourceGroup?: string | undefined
  readonly site?: string | undefined
  readonly slot?: string | undefined
  /** The token to use instead of the operator's. */
  readonly token?: string | undefined
  /** Stops the clock of the platform during each request, where the caller has it. */
  readonly clock?: Pick<Clock, 'pauseDuring'> | undefined
}

const TOKEN_LIFETIME_MS = 3_600_000

/** Opens the web app of a local platform, for the same promotion and rollback as on Azure. */
export async function localWebApp(options: LocalWebAppOptions): Promise<WebApp> {
  const { siteId, token, probeToken, hosts } = await introduce(new URL(INTRODUCTION_PATH, options.armUrl))
  const network = new Network()
  for (const [host, url] of Object.entries(hosts)) network.route(host, url)
  const transport = loopbackTransport((url) => network.resolve(url))
  const [, , subscriptionId, , resourceGroup, , , , site] = siteId.split('/')
  return new WebApp({
    subscriptionId: options.subscriptionId ?? subscriptionId!,
    resourceGroup: options.resourceGroup ?? resourceGroup!,
    site: options.site ?? site!,
    slot: options.slot,
    probeToken,
    credential: {
      getToken: async () => ({ token: options.token ?? token, expiresOnTimestamp: Date.now() + TOKEN_LIFETIME_MS }),
    },
    httpClient: options.clock === undefined ? transport : pausing(transport, options.clock),
    pollMs: 50,
  })
}

function pausing(client: HttpClient, clock: Pick<Clock, 'pauseDuring'>): HttpClient {
  return { sendRequest: (request) => clock.pauseDuring(() => client.sendRequest(request)) }
}

async function introduce(url: URL): Promise<Introduction> {
  try {
    const response = await fetch(url)
    if (response.ok) return (await response.json()) as Introduction
    throw new Error(`it responded with ${response.status}`)
  } catch (cause) {
    throw new RefusedError(
      `No local platform answers at ${url.origin}; start one with \`npx --yes pnpm@12 drill --keep\` and use the address it prints.`,
      { cause },
    )
  }
}
