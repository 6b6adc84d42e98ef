/** A global symbol, so that every copy of this package finds it. */
const REGISTERED = Symbol.for('llmops-middleware.register')

/** What `llmops-middleware/register` has set up in this process. */
export type Registered = {
  /** The version of the copy that governs the global `fetch`. */
  readonly version: string
  /** Wraps a `fetch` whose requests are already governed, so that they are not governed twice or counted as ungoverned. */
  passing(fetch: typeof globalThis.fetch): typeof globalThis.fetch
}

type Holder = { [REGISTERED]?: Registered }

/** Returns undefined if no copy of the package governs the global `fetch`. */
export function registered(): Registered | undefined {
  return (globalThis as Holder)[REGISTERED]
}

export function setRegistered(by: Registered): void {
  Object.defineProperty(globalThis, REGISTERED, { value: by, configurable: true })
}
