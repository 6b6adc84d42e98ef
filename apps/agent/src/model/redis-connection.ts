import { setTimeout as delay } from 'node:timers/promises'
import type { TokenCredential } from '@azure/identity'
import { Redis } from 'ioredis'
import { errorChain } from 'llmops-middleware'
import type { AgentLog } from '../log/agent-log.ts'
import { firstLineOf } from './identity-not-ready-error.ts'

export type RedisConnectionOptions = {
  /** `rediss://user:password@host:port`; a user without a password is an identity that logs in with tokens. */
  readonly url: URL
  /** Whose tokens are the passwords of that user. */
  readonly credential: TokenCredential
  readonly log: AgentLog
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export type RedisConnection = { readonly redis: Redis; close(): Promise<void> }

// learn.microsoft.com/azure/redis/entra-for-authentication: the scope, and to log in anew at least three minutes before
// the token ends, since the server closes the connection with it.
const SCOPE = 'https://redis.azure.com/.default'
const MARGIN_MS = 5 * 60_000
const RETRY_MS = 30_000
/** Until there was a first token, without which no task is admitted. */
const FIRST_RETRY_MS = 5_000

/**
 * Connects to Redis, with a password from the URL or, as Azure Managed Redis wants it, with tokens of an identity. One
 * that has no token yet is asked again in the background.
 */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { url, credential, log, sleep = wait } = options
  const stop = new AbortController()
  const isIdentity = url.username !== '' && url.password === ''
  const redis = new Redis(url.href, { lazyConnect: true })
  redis.on('error', sayOnce(log))
  if (!isIdentity) return { redis, close: async () => {} }

  let waitMs = await logIn()
  const renewing = renew()
  return {
    redis,
    close: async () => {
      stop.abort()
      await renewing
    },
  }

  async function renew(): Promise<void> {
    while (await slept(waitMs)) waitMs = await logIn()
  }

  /** In how many milliseconds the next login is due. */
  async function logIn(): Promise<number> {
    try {
      const token = await newToken(credential)
      // For connections that are made from now on, and for the one that is open. The empty password of the URL goes
      // before one that is given beside it.
      redis.options.password = token.value
      if (redis.status === 'ready') await redis.auth(url.username, token.value)
      return untilRenewal(token)
    } catch (error) {
      // Waiting helps, ending does not: after a start the endpoint of the identity may answer late.
      const retryMs = redis.options.password ? RETRY_MS : FIRST_RETRY_MS
      log.warn(
        { event: 'redis_login_failed', code: 'identity_not_ready', causes: errorChain(error) },
        `The identity of the agent got no token for Redis yet (${firstLineOf(error)}); it is tried again in ${retryMs / 1000} s. ` +
          'If that goes on, give the identity an access policy on the cache.',
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

/** Does not keep a process alive that has nothing else to do. */
async function wait(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal, ref: false })
}

/** One line for as long as it is the same: a Redis that is away fails every few seconds. */
function sayOnce(log: AgentLog): (error: unknown) => void {
  let said = ''
  return (error) => {
    const line = `Redis: ${firstLineOf(error)}`
    if (line !== said) log.warn({ event: 'redis_failed', code: 'redis', causes: errorChain(error) }, line)
    said = line
  }
}
