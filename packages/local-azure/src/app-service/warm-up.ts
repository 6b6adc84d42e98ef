import type { Settings } from './settings.ts'
import { SwapFailedError } from './swap-failed-error.ts'
import type { Worker } from './worker.ts'

/**
 * Sends the candidate one request before it gets production's traffic, and returns the status. By default any status
 * counts as warm, even 500; only the two settings make it a check.
 * Source: learn.microsoft.com/azure/app-service/deploy-staging-slots#specify-custom-warm-up
 */
export async function warmUp(candidate: Worker, settings: Settings, limitMs: number): Promise<number> {
  const path = settings['WEBSITE_SWAP_WARMUP_PING_PATH'] ?? '/'
  const accepted = settings['WEBSITE_SWAP_WARMUP_PING_STATUSES']?.split(',').map((status) => Number(status.trim()))
  const response = await fetch(new URL(path, candidate.url), { signal: AbortSignal.timeout(limitMs) }).catch(
    (cause) => {
      throw new SwapFailedError(`the candidate did not respond to ${path}`, { cause })
    },
  )
  await response.body?.cancel()
  if (accepted === undefined || accepted.includes(response.status)) return response.status
  throw new SwapFailedError(`the candidate responded to ${path} with ${response.status}, not ${accepted.join(' or ')}`)
}
