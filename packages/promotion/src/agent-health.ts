import { setTimeout as delay } from 'node:timers/promises'
import { RefusedError } from './refused-error.ts'
import type { WebApp } from './web-app.ts'

/** How often a slot is probed before it counts as unhealthy, because it may still be starting right after a swap. */
const TRIES = 10

/** The release that answers at a host; refused where none does, because then there is nothing to go by. */
export async function readRelease(app: WebApp, host: string): Promise<string> {
  const release = await askRelease(app, host)
  if (release !== undefined) return release
  throw new RefusedError(`https://${host}/health names no release, so there is nothing to swap to or from; deploy one.`)
}

/** Waits until a host answers as this release and its test task, end to end, ends well; undefined when it never does. */
export async function serving(app: WebApp, host: string, release: string): Promise<ProbeDetails | undefined> {
  for (let tried = 0; tried < TRIES; tried++) {
    if (tried > 0) await delay(app.pollMs)
    if ((await askRelease(app, host)) !== release) continue
    const readiness = await askReadiness(app, host)
    if (readiness.kind === 'ready') return readiness.details
  }
  return undefined
}

/** `unknown`: no task was run now, so the result says neither yes nor no. */
export type Readiness =
  | { readonly kind: 'ready'; readonly details: ProbeDetails }
  | { readonly kind: 'failed'; readonly reason: string | undefined }
  | { readonly kind: 'unknown'; readonly why: string }

/** The details that the agent returns only to requests with the probe token. */
export type ProbeDetails = { readonly synthetic?: string; readonly outcomes?: Readonly<Record<string, number>> }

/** A result older than this says nothing about the present. */
const FRESH_S = 60

/** Whether the agent at a host passes a real task now. */
export async function askReadiness(app: WebApp, host: string): Promise<Readiness> {
  try {
    const { status, headers, bodyAsText } = await app.probe(host)
    const ageS = Number(headers.get('age') ?? 0)
    const { code, reason, ...details } = JSON.parse(bodyAsText ?? '') as {
      code?: string
      reason?: string
    } & ProbeDetails
    if (code === 'readiness_unknown') return { kind: 'unknown', why: `it could not do its task (${reason})` }
    if (ageS > FRESH_S) {
      return {
        kind: 'unknown',
        why: `its last task is ${ageS} seconds old, and PROBE_TOKEN is not the one that it takes`,
      }
    }
    return status === 200 ? { kind: 'ready', details } : { kind: 'failed', reason }
  } catch {
    return { kind: 'failed', reason: undefined }
  }
}

async function askRelease(app: WebApp, host: string): Promise<string | undefined> {
  try {
    const { status, bodyAsText } = await app.get(host, '/health')
    const { release } = JSON.parse(bodyAsText ?? '') as { release?: unknown }
    return status === 200 && typeof release === 'string' && release !== '' ? release : undefined
  } catch {
    // Nothing listens, or another server responds.
    return undefined
  }
}
