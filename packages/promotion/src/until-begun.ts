import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from './refused-error.ts'
import type { WebApp } from './web-app.ts'

/**
 * The statuses of Azure that mean that nothing has begun: a 401 or 403 while a role is not there yet, a 409 while another
 * operation runs on the site. Anything else may have begun, and a swap that is sent twice undoes itself.
 */
const NOT_BEGUN: readonly unknown[] = [401, 403, 409]

/** Three minutes with the usual pause: longer than a swap takes. */
const TRIES = 60

/**
 * Sends a request again while Azure refuses to begin it.
 *
 * @param onWait called once with the reason for waiting
 */
export async function untilBegun<T>(
  { pollMs }: Pick<WebApp, 'pollMs'>,
  send: () => Promise<T>,
  onWait: (text: string) => void = () => {},
): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await send()
    } catch (error) {
      if (tried === TRIES || !isNotBegun(error)) throw error
      if (tried === 1) onWait(`${(error as Error).message} Nothing was begun; it is sent again.`)
    }
    await delay(pollMs)
  }
}

function isNotBegun(error: unknown): boolean {
  if (!(error instanceof RefusedError)) return false
  return NOT_BEGUN.includes((error.cause as { statusCode?: unknown } | undefined)?.statusCode)
}
