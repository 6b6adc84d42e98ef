/** The same in every copy of this package. */
const REGISTERED = Symbol.for('llmops-middleware.register')

/** What `llmops-middleware/register` has set up in this process. */
export type Registered = {
  /** Of the copy of the package that governs the global `fetch`. */
  readonly version: string
  /** A `fetch` whose requests are governed already, so that they are neither governed twice nor counted as ungoverned. */
  passing(fetch: typeof globalThis.fetch): typeof globalThis.fetch
}

type Holder = { [REGISTERED]?: Registered }

/** Undefined where no copy of the package governs the global `fetch`. */
export function registered(): Registered | undefined {
  return (globalThis as Holder)[REGISTERED]
}

export function setRegistered(by: Registered): void {
  Object.defineProperty(globalThis, REGISTERED, { value: by, configurable: true })
}
