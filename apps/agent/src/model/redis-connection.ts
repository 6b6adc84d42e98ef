import { setTimeout as delay } from 'node:timers/promises'
import type { TokenCredential } from '@azure/identity'
import { Redis } from 'ioredis'

export type RedisConnectionOptions = {
  /** `rediss://user:password@host:port`; a user without a password is an identity that logs in with tokens. */
  readonly url: URL
  /** Whose tokens are the passwords of that user. */
  readonly credential: TokenCredential
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<void>
}

export type RedisConnection = { readonly redis: Redis; close(): Promise<void> }

// learn.microsoft.com/azure/redis/entra-for-authentication: the scope, and to log in anew at least three minutes before
// the token ends, since the server closes the connection with it.
const SCOPE = 'https://redis.azure.com/.default'
const MARGIN_MS = 5 * 60_000
const RETRY_MS = 30_000

/** Connects to Redis, with a password from the URL or, as Azure Managed Redis wants it, with tokens of an identity. */
export async function connectRedis(options: RedisConnectionOptions): Promise<RedisConnection> {
  const { url, credential, sleep = wait } = options
  const stop = new AbortController()
  const isIdentity = url.username !== '' && url.password === ''
  if (!isIdentity) return { redis: new Redis(url.href, { lazyConnect: true }), close: async () => {} }

  let token = await newToken(credential)
  const redis = new Redis(url.href, { lazyConnect: true })
  // The empty password of the URL goes before one that is given beside it.
  redis.options.password = token.value
  const renewing = renew()
  return {
    redis,
    close: async () => {
      stop.abort()
      await renewing
    },
  }

  async function renew(): Promise<void> {
    let waitMs = untilRenewal(token)
    while (await slept(waitMs)) {
      try {
        token = await newToken(credential)
        // For connections that are made from now on, and for the one that is open.
        redis.options.password = token.value
        if (redis.status === 'ready') await redis.auth(url.username, token.value)
        waitMs = untilRenewal(token)
      } catch (error) {
        console.error('The login at Redis could not be renewed and is tried again.', error)
        waitMs = RETRY_MS
      }
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
