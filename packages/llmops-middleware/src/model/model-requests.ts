import { allFormats } from './all-formats.ts'
import { canonicalUrl } from './endpoints/canonical-url.ts'
import { classifyEndpoint } from './endpoints/classify-endpoint.ts'
import { ModelHosts } from './endpoints/model-hosts.ts'
import { formatFinder } from './format-finder.ts'

/** A request that costs money at a model host, with its path without ids. */
export type ModelRequest = { readonly host: string; readonly path: string }

/** Finds POST requests that cost money by their URL, without reading their body. */
export class ModelRequests {
  readonly #formatAt = formatFinder(allFormats([]))
  readonly #hosts: ModelHosts

  constructor(modelHosts: readonly string[] = []) {
    this.#hosts = new ModelHosts(modelHosts)
  }

  /** Returns undefined for a request that is not to a model host, or is documented to cost nothing. */
  find(url: URL): ModelRequest | undefined {
    const hasFormat = this.#formatAt(url) !== undefined
    if (!hasFormat && !this.#hosts.has(url)) return undefined
    const { kind, template } = classifyEndpoint(url.hostname, canonicalUrl(url).pathname)
    return kind === 'free' && !hasFormat ? undefined : { host: url.host, path: template }
  }
}
