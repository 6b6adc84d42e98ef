import { setTimeout as delay } from 'node:timers/promises'
import type { HttpClient } from '@azure/core-rest-pipeline'

/** What Azure answers for a moment: it is throttling, or an instance of it fails. */
const PASSING: readonly number[] = [408, 429, 500, 502, 503, 504]
const TRIES = 6

/**
 * Sends a request again after a failure that may pass, except for a POST, since a swap that is sent twice undoes itself.
 * One such failure while a swap goes on, or before it is noted in the tags, would leave production without its healer.
 */
export function repeatUnlessPost(client: HttpClient, pauseMs: number): HttpClient {
  return {
    async sendRequest(request) {
      if (request.method === 'POST') return client.sendRequest(request)
      for (let tried = 1; tried < TRIES; tried++) {
        const response = await client.sendRequest(request).catch(() => undefined)
        if (response && !PASSING.includes(response.status)) return response
        await delay(pauseMs)
      }
      return client.sendRequest(request)
    },
  }
}
