import { randomBytes } from 'node:crypto'
import type { Worker } from './worker.ts'

/** The process of a slot on one machine of the plan. */
export type Instance = {
  /** `WEBSITE_INSTANCE_ID`. It is the id of the machine, so it is the same in both slots. */
  readonly id: string
  /** Undefined if the process did not start. */
  readonly worker: Worker | undefined
  /** Pings that failed in a row. */
  failedPings: number
  isUnhealthy: boolean
}

export function newInstance(id: string, worker: Worker | undefined): Instance {
  return { id, worker, failedPings: 0, isUnhealthy: false }
}

/** A random id in Azure's format: 64 hexadecimal digits. */
export function newMachineId(): string {
  return randomBytes(32).toString('hex')
}
