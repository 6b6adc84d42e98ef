import { type SlotDifference, WebSiteManagementClient } from '@azure/arm-appservice'
import {
  createDefaultHttpClient,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient,
  type PipelineRequest,
  type PipelineResponse,
} from '@azure/core-rest-pipeline'
import type { TokenCredential } from '@azure/identity'
import { ARMING_TAGS, type ArmedTags } from './arming-tags.ts'
import { type Asked, explainArmError } from './explain-arm-error.ts'
import { repeatUnlessPost } from './repeat-unless-post.ts'
import { UnfinishedError } from './unfinished-error.ts'

export type WebAppOptions = {
  readonly subscriptionId: string
  readonly resourceGroup: string
  readonly site: string
  /** The slot that is swapped with production. Default `staging`. */
  readonly slot?: string | undefined
  readonly credential: TokenCredential
  /** Makes a slot do a task at once, instead of telling the last one. Default: none. */
  readonly probeToken?: string | undefined
  /** Carries every request, to ARM as to the agent. Default: the SDK's own; another one may lead elsewhere. */
  readonly httpClient?: HttpClient
  /** Between two looks at something that takes its time, in milliseconds. Default 3,000. */
  readonly pollMs?: number
}

type SiteState = {
  readonly host: string
  readonly tags: Readonly<Record<string, string>>
  /** When the slots were last swapped, exactly as ARM writes it; nothing if never. */
  readonly lastSwap: string | undefined
}

type SiteBody = { tags?: Record<string, string>; properties?: { slotSwapStatus?: { timestampUtc?: string } | null } }

type AlertsBody = { value?: { properties?: { essentials?: { alertRule?: string } } }[]; nextLink?: string | null }

const ARM_URL = 'https://management.azure.com'
const API_VERSION = '2024-04-01'
export const READY_PATH = '/health/ready'
/** Of 250 alerts each, the most that a page may have. */
const MOST_PAGES = 40
/** Longer than the agent gives its own test task, and as long as the healer waits for it. */
const AGENT_TIMEOUT_MS = 120_000

/** One web app and its second slot: what a promotion and a rollback request from Azure. */
export class WebApp {
  readonly site: string
  readonly slot: string
  readonly pollMs: number
  readonly #group: string
  readonly #id: string
  readonly #client: WebSiteManagementClient
  /** For the agent, which is asked once: a 503 of it is an answer. */
  readonly #httpClient: HttpClient
  readonly #armClient: HttpClient
  readonly #probeToken: string | undefined

  constructor(options: WebAppOptions) {
    const { subscriptionId, resourceGroup, site, slot = 'staging', credential, pollMs = 3_000 } = options
    this.site = site
    this.slot = slot
    this.pollMs = pollMs
    this.#probeToken = options.probeToken
    this.#group = resourceGroup
    this.#id = `/subscriptions/${subscriptionId}/resourceGroups/${resourceGroup}/providers/Microsoft.Web/sites/${site}`
    this.#httpClient = options.httpClient ?? createDefaultHttpClient()
    this.#armClient = repeatUnlessPost(this.#httpClient, pollMs)
    this.#client = new WebSiteManagementClient(credential, subscriptionId, {
      httpClient: this.#armClient,
      apiVersion: API_VERSION,
      // By default the SDK repeats a POST on 5xx and 429, and a swap that is sent twice undoes itself.
      retryOptions: { maxRetries: 0 },
    })
  }

  /** How the site stands now. */
  async read(): Promise<SiteState> {
    let body: SiteBody = {}
    // The SDK makes a Date of the time of the swap, which drops what is finer than a millisecond; the healer compares
    // it as text.
    const onResponse = ({ bodyAsText }: { bodyAsText?: string | null }) => {
      body = JSON.parse(bodyAsText ?? '{}') as SiteBody
    }
    const { defaultHostName } = await this.#ask(this.#named('production'), () =>
      this.#client.webApps.get(this.#group, this.site, { onResponse }),
    )
    return {
      host: defaultHostName ?? `${this.site}.azurewebsites.net`,
      tags: body.tags ?? {},
      lastSwap: body.properties?.slotSwapStatus?.timestampUtc,
    }
  }

  /** The host name of the second slot. */
  async slotHost(): Promise<string> {
    const { defaultHostName } = await this.#ask(this.#named(this.slot), () =>
      this.#client.webApps.getSlot(this.#group, this.site, this.slot),
    )
    return defaultHostName ?? `${this.site}-${this.slot}.azurewebsites.net`
  }

  /** What App Service says would change in production with a swap. */
  differences(): Promise<SlotDifference[]> {
    const target = { targetSlot: this.slot, preserveVnet: true }
    return this.#ask(this.#named(this.slot), async () => {
      const found: SlotDifference[] = []
      for await (const each of this.#client.webApps.listSlotDifferencesFromProduction(this.#group, this.site, target)) {
        found.push(each)
      }
      return found
    })
  }

  /** Swaps the slot into production and waits for the end of it. */
  async swap(): Promise<void> {
    const target = { targetSlot: 'production', preserveVnet: true }
    const poller = this.#client.webApps.swapSlot(this.#group, this.site, this.slot, target, {
      updateIntervalInMs: this.pollMs,
    })
    await this.#ask(this.#named(this.slot), () => poller.submitted())
    try {
      await poller.pollUntilDone()
    } catch (error) {
      const reason = (error as Error).message
      throw new UnfinishedError(`The swap of ${this.site} was accepted but did not complete: ${reason}`, {
        cause: error,
      })
    }
  }

  /** Writes the tags that let the healer undo this one swap. */
  arm({ swap, release }: ArmedTags): Promise<void> {
    return this.#mergeTags({ [ARMING_TAGS.swap]: swap, [ARMING_TAGS.release]: release })
  }

  /** Finds out whether this login may write tags, by writing those that are there already. */
  async tryArming({ tags }: SiteState): Promise<void> {
    if (Object.keys(tags).length > 0) await this.#mergeTags(tags)
  }

  /**
   * The rules about this site that call people and fire now. The ones for the healer are stateless: Azure keeps their
   * alerts as fired forever, and they fill pages of the list.
   */
  async firingRules(): Promise<readonly string[]> {
    const [, , subscription, , group] = this.#id.split('/')
    const query = `api-version=2019-03-01&monitorCondition=Fired&timeRange=1d&targetResourceGroup=${group}&pageCount=250`
    let url = `${ARM_URL}/subscriptions/${subscription}/providers/Microsoft.AlertsManagement/alerts?${query}`
    const rules = new Set<string>()
    for (let page = 0; page < MOST_PAGES; page++) {
      const { value = [], nextLink } = await this.#alerts(url)
      for (const { properties } of value) rules.add(properties?.essentials?.alertRule?.split('/').at(-1) ?? '')
      // The request has a token, so it goes to no other host.
      if (!nextLink?.startsWith(`${ARM_URL}/`)) break
      url = nextLink
    }
    return [...rules].filter((rule) => /-people-|healer-failed/.test(rule))
  }

  #alerts(url: string): Promise<AlertsBody> {
    return this.#ask({ what: `the alerts of ${this.site}`, role: 'Monitoring Reader' }, async () => {
      const { status, bodyAsText } = await this.#send(createPipelineRequest({ url }))
      if (status >= 400) throw Object.assign(new Error(bodyAsText ?? ''), { statusCode: status })
      return JSON.parse(bodyAsText ?? '{}') as AlertsBody
    })
  }

  /** A GET of the agent itself, by its public host name. */
  get(host: string, path: string): Promise<PipelineResponse> {
    return this.#httpClient.sendRequest(
      createPipelineRequest({ url: `https://${host}${path}`, timeout: AGENT_TIMEOUT_MS }),
    )
  }

  /** The answer of the agent at a host to a task of its own, where there is a token for it. */
  probe(host: string): Promise<PipelineResponse> {
    const headers = createHttpHeaders(this.#probeToken ? { authorization: `Bearer ${this.#probeToken}` } : {})
    return this.#httpClient.sendRequest(
      createPipelineRequest({ url: `https://${host}${READY_PATH}`, headers, timeout: AGENT_TIMEOUT_MS }),
    )
  }

  async #mergeTags(tags: Readonly<Record<string, string>>): Promise<void> {
    const request = createPipelineRequest({
      method: 'PATCH',
      url: `${ARM_URL}${this.#id}/providers/Microsoft.Resources/tags/default?api-version=2021-04-01`,
      headers: createHttpHeaders({ 'content-type': 'application/json' }),
      body: JSON.stringify({ operation: 'Merge', properties: { tags } }),
    })
    await this.#ask({ what: `the tags of ${this.site}`, role: 'Tag Contributor' }, async () => {
      const { status, bodyAsText } = await this.#send(request)
      if (status >= 400) throw Object.assign(new Error(bodyAsText ?? ''), { statusCode: status })
    })
  }

  /** Sends what the SDK has no method for, with the login. */
  #send(request: PipelineRequest): Promise<PipelineResponse> {
    return this.#client.pipeline.sendRequest(this.#armClient, request)
  }

  async #ask<T>(asked: Asked, send: () => PromiseLike<T>): Promise<T> {
    try {
      return await send()
    } catch (error) {
      throw explainArmError(error, asked)
    }
  }

  #named(slot: string): Asked {
    const what = slot === 'production' ? `the web app ${this.site}` : `the slot ${slot} of ${this.site}`
    return { what, role: 'Website Contributor' }
  }
}
