// What the page asks its server. Every address is relative: the router may be mounted anywhere.

/** In memory only: gone with the page. */
let token

export function useToken(value) {
  token = value
}

export const hasToken = () => token !== undefined

/** The server answered, and not with what was asked for. */
export class ApiError extends Error {
  name = 'ApiError'

  constructor(status, problem) {
    super(problem?.detail ?? problem?.title ?? `The server answered with HTTP ${status}.`)
    this.status = status
    this.code = problem?.code
  }
}

/** There is no answer. */
class UnreachableError extends Error {
  name = 'UnreachableError'
}

/** Asks in the background: what cannot be had is told by the stream of figures too, where the verdict reads it. */
export function inBackground(answer) {
  answer.catch((error) => {
    if (!(error instanceof ApiError || error instanceof UnreachableError)) throw error
  })
}

/** @throws ApiError when the answer is no success, UnreachableError when there is none. */
export async function request(path, { method = 'GET', body, signal } = {}) {
  const response = await reach(path, {
    method,
    signal,
    cache: 'no-store',
    headers: {
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...(body !== undefined && { 'content-type': 'application/json' }),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new ApiError(response.status, await problemOf(response))
  return response
}

async function reach(path, options) {
  try {
    return await fetch(path, options)
  } catch (error) {
    throw new UnreachableError('The agent cannot be reached.', { cause: error })
  }
}

async function problemOf(response) {
  try {
    return await response.json()
  } catch {
    return undefined
  }
}

/** `undefined` parameters are left out. */
export async function getJson(path, parameters = {}, options = {}) {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== '')
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return (await request(query === '' ? path : `${path}?${query}`, options)).json()
}

/**
 * Runs one request at a time: what is asked for while one runs is done once after it, so that answers never overtake
 * each other and a slow server is not asked twice at once.
 */
export function oneAtATime(run) {
  let isRunning = false
  let isWanted = false
  return async function again() {
    isWanted = true
    if (isRunning) return
    isRunning = true
    try {
      while (isWanted) {
        isWanted = false
        await run()
      }
    } finally {
      isRunning = false
    }
  }
}
