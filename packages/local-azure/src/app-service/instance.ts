import { randomBytes } from 'node:crypto'
import type { Worker } from './worker.ts'

/** A slot on one machine of the plan: each slot has a process of its own on each machine. */
export type Instance = {
  /** `WEBSITE_INSTANCE_ID`, which is the machine's: both slots know it by the same. */
  readonly id: string
  /** Undefined where the process did not start. */
  readonly worker: Worker | undefined
  /** Pings that failed in a row. */
  failedPings: number
  isUnhealthy: boolean
}

export function newInstance(id: string, worker: Worker | undefined): Instance {
  return { id, worker, failedPings: 0, isUnhealthy: false }
}

/** An id as Azure makes them: 64 hexadecimal digits, that no machine of another platform beside this one has. */
export function newMachineId(): string {
  return randomBytes(32).toString('hex')
}
