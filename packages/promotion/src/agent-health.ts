import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from './refused-error.ts'
import type { WebApp } from './web-app.ts'

/** How often a slot is asked before it counts as ill: right after a swap it may still be settling. */
const TRIES = 10

/** The release that answers at a host; refused where none does, because then there is nothing to go by. */
export async function readRelease(app: WebApp, host: string): Promise<string> {
  const release = await askRelease(app, host)
  if (release !== undefined) return release
  throw new RefusedError(`https://${host}/health names no release, so there is nothing to swap to or from; deploy one.`)
}

/** Waits until a host answers as this release and its test task, end to end, ends well. */
export async function isServing(app: WebApp, host: string, release: string): Promise<boolean> {
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await delay(app.pollMs)
    if ((await askRelease(app, host)) === release && (await isReady(app, host))) return true
  }
  return false
}

/** Whether the agent at a host passes a real task. */
export async function isReady(app: WebApp, host: string): Promise<boolean> {
  try {
    return (await app.get(host, '/health/ready')).status === 200
  } catch {
    return false
  }
}

async function askRelease(app: WebApp, host: string): Promise<string | undefined> {
  try {
    const { status, bodyAsText } = await app.get(host, '/health')
    const { release } = JSON.parse(bodyAsText ?? '') as { release?: unknown }
    return status === 200 && typeof release === 'string' && release !== '' ? release : undefined
  } catch {
    // Nothing listens, or what answers is no agent.
    return undefined
  }
}
