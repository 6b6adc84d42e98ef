import { AsyncLocalStorage } from 'node:async_hooks'
import type { ModelRequests } from '../model/index.ts'
import { currentTask } from '../task.ts'
import type { RequestTasks } from './request-tasks.ts'

type Fetch = typeof globalThis.fetch

/** Requests that a governed `fetch` has sent on. */
export class GovernedRequests {
  readonly #inside = new AsyncLocalStorage<true>()

  /** A `fetch` whose requests are known to be governed. */
  passing(fetch: Fetch): Fetch {
    return (input, init) => this.#inside.run(true, fetch, input, init)
  }

  /** Whether the calling code runs inside such a request. */
  get hasCurrent(): boolean {
    return this.#inside.getStore() === true
  }
}

export type GlobalFetchOptions = {
  readonly original: Fetch
  readonly models: ModelRequests
  readonly governed: GovernedRequests
  readonly requests: RequestTasks
  /** Inside of a task. */
  readonly ofTask: Fetch
  /** Outside of a task and of a request. */
  readonly ofNobody: Fetch
}

/** Replaces the global `fetch` by a governed one. */
export function governGlobalFetch(options: GlobalFetchOptions): Fetch {
  const { original, models, governed, requests, ofTask, ofNobody } = options
  // Has the name of the function that it replaces: some libraries check it.
  const fetch: Fetch = (input, init) => {
    if (governed.hasCurrent) return original(input, init)
    if (currentTask() !== undefined) return ofTask(input, init)
    const request = requests.current
    if (request === undefined) return ofNobody(input, init)
    return isModelCall(models, input, init) ? request.fetch(input, init) : ofTask(input, init)
  }
  globalThis.fetch = fetch
  return fetch
}

function isModelCall(models: ModelRequests, input: Parameters<Fetch>[0], init: RequestInit | undefined): boolean {
  const method = init?.method ?? (input instanceof Request ? input.method : 'GET')
  if (method.toUpperCase() !== 'POST') return false
  const url = input instanceof Request ? input.url : String(input)
  return URL.canParse(url) && models.find(new URL(url)) !== undefined
}
