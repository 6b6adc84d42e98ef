import type { Settings } from './settings.ts'
import { SwapFailedError } from './swap-failed-error.ts'
import type { Worker } from './worker.ts'

/**
 * Asks the candidate for one page before it gets production's traffic, and gives the status of its answer. By default
 * any status counts as warm, a 500 too; the two settings are what makes it a check.
 * Source: learn.microsoft.com/azure/app-service/deploy-staging-slots#specify-custom-warm-up
 */
export async function warmUp(candidate: Worker, settings: Settings): Promise<number> {
  const path = settings['WEBSITE_SWAP_WARMUP_PING_PATH'] ?? '/'
  const accepted = settings['WEBSITE_SWAP_WARMUP_PING_STATUSES']?.split(',').map((status) => Number(status.trim()))
  const answer = await fetch(new URL(path, candidate.url), { signal: AbortSignal.timeout(60_000) }).catch((cause) => {
    throw new SwapFailedError(`the candidate did not answer ${path}`, { cause })
  })
  await answer.body?.cancel()
  if (accepted === undefined || accepted.includes(answer.status)) return answer.status
  throw new SwapFailedError(`the candidate answered ${path} with ${answer.status}, not ${accepted.join(' or ')}`)
}
