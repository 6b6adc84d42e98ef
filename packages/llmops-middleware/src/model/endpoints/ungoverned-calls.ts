import { canonicalUrl } from './canonical-url.ts'
import { classifyEndpoint, type Endpoint } from './classify-endpoint.ts'
import type { ModelHosts } from './model-hosts.ts'

/** A request that went to a host of models without being governed. */
export type UngovernedCall = {
  readonly host: string
  /** Its path without ids. */
  readonly path: string
  readonly tenant: string | undefined
}

export type UngovernedOptions = {
  readonly hosts: ModelHosts
  readonly unknownEndpoints: 'pass' | 'refuse' | undefined
  readonly onUngoverned: (call: UngovernedCall) => void
  /** Tells the developer, once for each endpoint. */
  readonly warn: (message: string) => void
}

/** Hosts and endpoints come from requests, so what is remembered of them is bounded. */
const MAX_REMEMBERED = 1000

/** Decides over the requests that no wire format reads: they pass, are counted, or are refused. */
export class UngovernedCalls {
  readonly #options: UngovernedOptions
  readonly #answering = new Set<string>()
  readonly #told = new Set<string>()

  constructor(options: UngovernedOptions) {
    this.#options = options
  }

  /** Hears of each host that has answered a governed call: what else is asked of it may cost money too. */
  answered({ host }: URL): void {
    if (this.#answering.size < MAX_REMEMBERED) this.#answering.add(host)
  }

  /**
   * @param isReadable false for a request to a path that a format recognises, in a form that it does not read.
   * @returns why the request is refused; undefined lets it pass.
   */
  refusalOf(url: URL, tenant: string | undefined, isReadable = true): string | undefined {
    const { hosts, unknownEndpoints, onUngoverned } = this.#options
    const isModelHost = hosts.has(url)
    if (!isModelHost && unknownEndpoints !== 'refuse' && !this.#answering.has(url.host)) return undefined
    const endpoint = classifyEndpoint(url.hostname, canonicalUrl(url).pathname)
    if (isReadable && endpoint.kind === 'free') return undefined
    const isRefused = unknownEndpoints === 'refuse' || (unknownEndpoints === undefined && isModelHost)
    if (isRefused) return refusal(url, endpoint, isReadable)
    const call = { host: url.host, path: endpoint.template, tenant }
    this.#tell(call)
    onUngoverned(call)
    return undefined
  }

  #tell({ host, path }: UngovernedCall): void {
    const name = `${host}/${path}`
    if (this.#told.has(name) || this.#told.size >= MAX_REMEMBERED) return
    this.#told.add(name)
    this.#options.warn(
      `POST ${name} is not governed: what it costs is in no budget. ` +
        "Count it by `budget.charge()`, or refuse such requests with `unknownEndpoints: 'refuse'`.",
    )
  }
}

function refusal(url: URL, { kind, template }: Endpoint, isReadable: boolean): string {
  const what = `POST ${url.host}/${template}`
  const why = !isReadable
    ? 'could not be read, so it cannot be governed'
    : kind === 'billed'
      ? 'costs money that cannot be held or counted'
      : 'is an endpoint that is not known, so nobody can say what it costs'
  return (
    `${what} ${why}; it was not sent. To let such requests pass and count them, set \`unknownEndpoints: 'pass'\` in ` +
    'createLlmOps; charge what they cost by `budget.charge()`.'
  )
}
