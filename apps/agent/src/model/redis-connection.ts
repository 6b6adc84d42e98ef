import { setTimeout as delay } from 'node:timers/promises'
import type { TokenCredential } from '@azure/identity'
import { Redis } from 'ioredis'
import { errorChain } from 'llmops-middleware'
import type { AgentLog } from '../log/agent-log.ts'
import { firstLineOf } from './identity-not-ready-error.ts'

export type RedisConnectionOptions = {
  /** `rediss://user:password@host:port`. A user without a password is an identity that signs in with tokens. */
  readonly url: URL
  /** Returns the tokens that serve as the password of that user. */
  readonly credential: TokenCredential
  readonly log: AgentLog
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export type RedisConnection = { readonly redis: Redis; close(): Promise<void> }

// learn.microsoft.com/azure/redis/entra-for-authentication gives the scope. It also says to sign in again at least three
// minutes before the token expires, because the server then closes the connection.
const SCOPE = 'https://redis.azure.com/.default'
const MARGIN_MS = 5 * 60_000
const RETRY_MS = 30_000
/** The shorter interval until the first token, without which no task can run. */
const FIRST_RETRY_MS = 5_000

/**
 * Connects to Redis with the password in the URL or, for Azure Managed Redis, with tokens of an identity. An identity
 * that has no token yet is asked again in the background.
 */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { url, credential, log, sleep = wait } = options
  const stop = new AbortController()
  const isIdentity = url.username !== '' && url.password === ''
  const redis = new Redis(url.href, { lazyConnect: true })
  redis.on('error', logChanges(log))
  if (!isIdentity) return { redis, close: async () => {} }

  let waitMs = await signIn()
  const renewing = renew()
  return {
    redis,
    close: async () => {
      stop.abort()
      await renewing
    },
  }

  async function renew(): Promise<void> {
    while (await slept(waitMs)) waitMs = await signIn()
  }

  /** @returns the milliseconds until the next sign-in. */
  async function signIn(): Promise<number> {
    try {
      const token = await newToken(credential)
      // Sets the password for new connections, and signs in again on the open one. It must be set here: an option beside
      // the URL would lose against the URL's empty password.
      redis.options.password = token.value
      if (redis.status === 'ready') await redis.auth(url.username, token.value)
      return untilRenewal(token)
    } catch (error) {
      // Retries instead of throwing: the identity's endpoint may respond late after a start.
      const retryMs = redis.options.password ? RETRY_MS : FIRST_RETRY_MS
      log.warn(
        { event: 'redis_login_failed', code: 'identity_not_ready', causes: errorChain(error) },
        `The identity of the agent got no token for Redis yet (${firstLineOf(error)}). The next attempt is in ${retryMs / 1000} s. ` +
          'If this continues, give the identity an access policy on the cache.',
      )
      return retryMs
    }
  }

  async function slept(milliseconds: number): Promise<boolean> {
    await sleep(milliseconds, stop.signal).catch(() => undefined)
    return !stop.signal.aborted
  }
}

type Token = { readonly value: string; readonly expiresAtMs: number }

async function newToken(credential: TokenCredential): Promise<Token> {
  const token = await credential.getToken(SCOPE)
  if (token === null) throw new Error(`The identity of the agent got no token for ${SCOPE}.`)
  return { value: token.token, expiresAtMs: token.expiresOnTimestamp }
}

function untilRenewal({ expiresAtMs }: Token): number {
  return Math.max(RETRY_MS, expiresAtMs - MARGIN_MS - Date.now())
}

/** Waits without keeping the process alive. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal, ref: false })
}

/** Logs an error only when it differs from the one before: while Redis is unreachable, one comes every few seconds. */
function logChanges(log: AgentLog): (error: unknown) => void {
  let said = ''
  return (error) => {
    const line = `Redis: ${firstLineOf(error)}`
    if (line !== said) log.warn({ event: 'redis_failed', code: 'redis', causes: errorChain(error) }, line)
    said = line
  }
}
