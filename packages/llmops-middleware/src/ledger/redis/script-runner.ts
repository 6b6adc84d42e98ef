import type { Cluster, Redis } from 'ioredis'
import { LedgerCorruptedError } from '../ledger-corrupted-error.ts'
import { LedgerUnavailableError } from '../ledger-unavailable-error.ts'
import { describeConnection } from './connection.ts'
import { helpFor } from './help.ts'
import type { Script } from './script.ts'

/** Runs scripts within a time limit. Rejects only with errors of this library. */
export class ScriptRunner {
  readonly #redis: Redis | Cluster
  readonly #timeoutMs: number

  constructor(redis: Redis | Cluster, timeoutMs: number) {
    this.#redis = redis
    this.#timeoutMs = timeoutMs
  }

  /** @throws LedgerUnavailableError | LedgerCorruptedError */
  run(
    operation: string,
    script: Script,
    keys: readonly string[],
    args: readonly (string | number)[],
  ): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onTimeout = () => {
        const why = `${describeConnection(this.#redis)} did not answer within ${this.#timeoutMs} ms`
        reject(new LedgerUnavailableError(operation, why, { help: UNANSWERED }))
      }
      // Timers run before sockets are read, so a reply that waited for a busy process must still count.
      const timer = setTimeout(() => setImmediate(onTimeout), this.#timeoutMs)
      this.#evaluate(script, keys, args).then(
        (reply) => {
          clearTimeout(timer)
          resolve(reply)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(this.#failureOf(error, operation, keys))
        },
      )
    })
  }

  #failureOf(error: unknown, operation: string, keys: readonly string[]): Error {
    return describeFailure(error, operation, keys, describeConnection(this.#redis))
  }

  #evaluate(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    return this.#redis.evalsha(script.sha1, keys.length, ...keys, ...args).catch((error: unknown) => {
      // The script is missing after a restart, a failover or SCRIPT FLUSH. EVAL runs it and loads it for the next time.
      if (!messageOf(error).startsWith('NOSCRIPT')) throw error
      return this.#redis.eval(script.text, keys.length, ...keys, ...args)
    })
  }
}

const UNANSWERED =
  "Check that it runs and can be reached from here; the connection's `error` event says why it cannot. `timeoutMs` is the limit."

/** Thrown when the server's time is outside the periods of a time zone that were sent to a script. */
export class ServerTimeError extends Error {
  readonly serverMs: number

  constructor(serverMs: number) {
    super(`The server says ${serverMs}.`)
    this.serverMs = serverMs
  }
}

function describeFailure(error: unknown, operation: string, keys: readonly string[], at: string): Error {
  const message = messageOf(error)
  // Redis appends the position in the script.
  const [, index, found] = /LLMOPS_CORRUPTED (\d+) (.*?)(?: script: [0-9a-f]{40}, on .*)?$/s.exec(message) ?? []
  if (index !== undefined) {
    const key = keys[Number(index) - 1] ?? keys.join(', ')
    return new LedgerCorruptedError(`the Redis key ${key}`, found ?? 'damaged', { cause: error })
  }
  const [, serverMs] = /LLMOPS_TIME (\d+)/.exec(message) ?? []
  if (serverMs !== undefined) return new ServerTimeError(Number(serverMs))
  const [said] = message.split(' script: ')
  return new LedgerUnavailableError(operation, `${at} answered: ${said}`, { cause: error, ...helpFor(message) })
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
