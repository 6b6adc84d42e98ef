/** Maps each public host to the loopback server that stands in for it. */
export class Network {
  readonly #routes = new Map<string, string>()

  /** Sends requests for `host` to the server at `url`. */
  route(host: string, url: string): void {
    this.#routes.set(host.toLowerCase(), url)
  }

  /** Fetches from the loopback server for the URL's host. No request leaves the machine. */
  async fetch(url: string, init?: RequestInit): Promise<Response> {
    return await fetch(this.resolve(url), init)
  }

  /** The loopback server of each host. */
  hosts(): Record<string, string> {
    return Object.fromEntries(this.#routes)
  }

  resolve(url: string): string {
    const asked = new URL(url)
    const target = this.#routes.get(asked.hostname.toLowerCase())
    if (target === undefined) {
      const known = [...this.#routes.keys()].join(', ')
      throw new Error(`The local platform has no server for ${asked.hostname}; it stands in for ${known}.`)
    }
    return new URL(`${asked.pathname}${asked.search}`, target).href
  }
}
