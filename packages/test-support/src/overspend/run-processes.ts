import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { sourceArguments } from 'command-line/source-arguments'
import type { BudgetOptions, LocalShareOptions } from 'llmops-middleware/budget'
import { type ModelProcess, startModelProcess } from '../model-process.ts'
import type { Load, Tally } from './load.ts'

export type RedisSpec = { readonly redisUrl: string; readonly namespace: string }

const WORKER = join(import.meta.dirname, 'worker.ts')

/** The work of one process. */
export type Order = {
  readonly ledger: RedisSpec | { readonly path: string }
  /** `naive` reads the account, calls and adds, on Redis only. @default it reserves */
  readonly design?: 'naive'
  readonly budget: Omit<BudgetOptions, 'ledger' | 'rateCard' | 'onNotice'>
  /** The process takes slices in advance. */
  readonly localShare?: LocalShareOptions | undefined
  readonly load: Load
  readonly clockSkewMs: number
  /** How long Redis may take to answer, in milliseconds. @default 30_000, as the machine is busy */
  readonly ledgerTimeoutMs?: number
}

/** A provider that fails now and then. */
const FAILURES = [
  { kind: 'server_error', probability: 0.04 },
  { kind: 'rate_limit', probability: 0.04, retryAfterMs: 1 },
] as const
const CUTS = { kind: 'cut', probability: 0.01 } as const

/** @param isSound whether it never cuts an answer */
export function startProvider({ isSound = false, tokensPerSecond = 0 } = {}): Promise<ModelProcess> {
  return startModelProcess({ tokensPerSecond, faults: isSound ? FAILURES : [...FAILURES, CUTS] })
}

export type RunningProcess = {
  /** Undefined for a process that was killed. */
  readonly tally: Promise<Tally | undefined>
  /** Kills it as the system does when memory is short: without time to clean up. */
  kill(): void
}

/** Resolves when the process is about to make its calls. */
export async function startProcess(order: Order): Promise<RunningProcess> {
  const child = fork(WORKER, [JSON.stringify(order)], { execArgv: sourceArguments() })
  const isReady = once(child, 'message')
  const exited = once(child, 'exit')
  let tally: Tally | undefined
  let isKilled = false
  child.on('message', (message: { tally?: Tally }) => {
    tally = message.tally ?? tally
  })
  await Promise.race([isReady, exited])
  return {
    tally: exited.then(([code]) => {
      if (tally === undefined && !isKilled) throw new Error(`A process ended with ${code} before its calls ended.`)
      return tally
    }),
    kill() {
      isKilled = true
      child.kill('SIGKILL')
    },
  }
}

export function sumOf(tallies: readonly (Tally | undefined)[]): Tally {
  const sum: Tally = { completed: 0, broken: 0, blocked: 0, unavailable: 0, spentAtFirstBlock: 1 }
  for (const tally of tallies) {
    if (tally === undefined) continue
    sum.completed += tally.completed
    sum.broken += tally.broken
    sum.blocked += tally.blocked
    sum.unavailable += tally.unavailable
    sum.spentAtFirstBlock = Math.min(sum.spentAtFirstBlock, tally.spentAtFirstBlock)
  }
  return sum
}
