import { hostNameOf } from '../../host-name.ts'
import { canonicalUrl } from './canonical-url.ts'
import { classifyEndpoint, type Endpoint } from './classify-endpoint.ts'
import type { ModelHosts } from './model-hosts.ts'

/** A request that was sent to a model host without being governed. */
export type UngovernedCall = {
  readonly host: string
  /** The path without ids. */
  readonly path: string
  readonly tenant: string | undefined
}

export type UngovernedOptions = {
  readonly hosts: ModelHosts
  readonly unknownEndpoints: 'pass' | 'refuse' | undefined
  readonly onUngoverned: (call: UngovernedCall) => void
  /** Warns the developer, once per endpoint. */
  readonly warn: (message: string) => void
}

/** Hosts and endpoints come from requests, so this memory is bounded. */
const MAX_REMEMBERED = 1000

/** Decides whether a request that no wire format reads passes, is counted, or is refused. */
export class UngovernedCalls {
  readonly #options: UngovernedOptions
  readonly #answering = new Set<string>()
  readonly #warned = new Set<string>()

  constructor(options: UngovernedOptions) {
    this.#options = options
  }

  /** Remembers a host that has answered a governed call: other requests to it may cost money as well. */
  answered({ host }: URL): void {
    if (this.#answering.size < MAX_REMEMBERED) this.#answering.add(host)
  }

  /**
   * @param isReadable false if a format recognises the path but cannot read the request
   * @returns why the request is refused, or undefined to let it pass
   */
  refusalOf(url: URL, tenant: string | undefined, isReadable = true): string | undefined {
    const { hosts, unknownEndpoints, onUngoverned } = this.#options
    const isModelHost = hosts.has(url)
    if (!isModelHost && unknownEndpoints !== 'refuse' && !this.#answering.has(url.host)) return undefined
    const endpoint = classifyEndpoint(hostNameOf(url), canonicalUrl(url).pathname)
    if (isReadable && endpoint.kind === 'free') return undefined
    const isRefused = unknownEndpoints === 'refuse' || (unknownEndpoints === undefined && isModelHost)
    if (isRefused) return refusal(url, endpoint, isReadable)
    const call = { host: url.host, path: endpoint.template, tenant }
    this.#warn(call)
    onUngoverned(call)
    return undefined
  }

  #warn({ host, path }: UngovernedCall): void {
    const name = `${host}/${path}`
    if (this.#warned.has(name) || this.#warned.size >= MAX_REMEMBERED) return
    this.#warned.add(name)
    this.#options.warn(
      `POST ${name} is not governed: its cost is not counted in any budget. ` +
        "Count it with `budget.charge()`, or refuse such requests with `unknownEndpoints: 'refuse'`.",
    )
  }
}

function refusal(url: URL, { kind, template }: Endpoint, isReadable: boolean): string {
  const what = `POST ${url.host}/${template}`
  const why = !isReadable
    ? 'could not be read, so it cannot be governed'
    : kind === 'billed'
      ? 'costs money that cannot be held or counted'
      : 'is not a known endpoint, so its cost is not known'
  return (
    `${what} ${why}; it was not sent. To let such requests pass, set \`unknownEndpoints: 'pass'\` in createLlmOps and ` +
    'charge their cost with `budget.charge()`.'
  )
}
