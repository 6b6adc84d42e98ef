import { randomBytes } from 'node:crypto'
import type { Context } from '../context.ts'
import { bounded, reasonOf } from '../probes/bounded.ts'
import { portOf } from '../probes/connect.ts'
import { RedisSession } from '../probes/redis-session.ts'
import type { Finding } from '../report.ts'

const ANSWER_MS = 3000
// learn.microsoft.com/azure/redis/entra-for-authentication
const REDIS_TOKENS = 'https://redis.azure.com'
/** The only policy under which no account of a budget is dropped. */
const SAFE_POLICY = 'noeviction'

type State = { readonly policy: string | undefined; readonly usedMemory: string | undefined }

export async function checkRedis(context: Context): Promise<readonly Finding[]> {
  const { variables, signal, options } = context
  const text = variables['REDIS_URL']?.trim()
  if (!text) return [{ layer: 'redis', status: 'skipped', detail: 'REDIS_URL is not set' }]
  // A URL that cannot be parsed is reported by the check of the settings.
  if (!URL.canParse(text) || !/^rediss?:$/.test(new URL(text).protocol)) {
    return [{ layer: 'redis', status: 'skipped', detail: 'REDIS_URL cannot be read' }]
  }
  const url = new URL(text)
  const at = `${url.hostname}:${portOf(url)}`
  const password = await passwordFor(url, context)
  if (password === 'none') {
    const detail = `${at} was not asked: its user ${url.username} is an identity, which has no token`
    return [{ layer: 'redis', status: 'skipped', detail }]
  }
  const asked = await bounded(Math.min(ANSWER_MS, options.timeoutMs), signal, (signal) => probe(url, password, signal))
  if (!asked.ok) {
    const reason = asked.error.name === 'RedisRefusedError' ? asked.error.message : reasonOf(asked.error)
    return [
      {
        layer: 'redis',
        status: 'failed',
        detail: `${at}: ${reason}`,
        next: hintFor(reason),
        ms: asked.ms,
        data: { at },
      },
    ]
  }
  const { policy, usedMemory } = asked.value
  const isSafe = policy === undefined || policy === SAFE_POLICY
  return [
    {
      layer: 'redis',
      status: isSafe ? 'ok' : 'warning',
      detail: `${at} takes writes${usedMemory ? `, uses ${usedMemory}` : ''}${isSafe ? '' : `, and drops accounts when it is full: maxmemory-policy ${policy}`}`,
      ...(!isSafe && { next: `Set maxmemory-policy ${SAFE_POLICY}: a budget that is dropped starts from $0.` }),
      ms: asked.ms,
      data: { at, policy },
    },
  ]
}

async function passwordFor(url: URL, context: Context): Promise<string | undefined | 'none'> {
  if (url.password) return decodeURIComponent(url.password)
  if (!url.username) return undefined
  // A user without a password signs in with the tokens of an identity.
  const token = await context.tokenFor(REDIS_TOKENS)
  if (!token?.ok) return 'none'
  context.secrets.add(token.value.value)
  return token.value.value
}

async function probe(url: URL, password: string | undefined, signal: AbortSignal): Promise<State> {
  const redis = await RedisSession.open(url, signal)
  try {
    if (password) await redis.ask('AUTH', ...(url.username ? [decodeURIComponent(url.username)] : []), password)
    await redis.ask('PING')
    await write(redis)
    // A managed Redis may not allow this command.
    const memory = await redis.ask('INFO', 'memory').catch(() => '')
    const field = (name: string) => new RegExp(`^${name}:(\\S+)`, 'm').exec(String(memory))?.[1]
    return { policy: field('maxmemory_policy'), usedMemory: field('used_memory_human') }
  } finally {
    redis.close()
  }
}

/** Only a write shows a replica, a full memory, and a server that cannot save. */
async function write(redis: RedisSession): Promise<void> {
  try {
    await redis.ask('SET', `llmops:doctor:${randomBytes(6).toString('hex')}`, '1', 'PX', '1000')
  } catch (error) {
    // In a cluster another server has this key: this one answers, and names that server.
    if (!/^MOVED|^ASK/.test((error as Error).message)) throw error
  }
}

function hintFor(reason: string): string {
  if (reason === 'ENOTFOUND') return 'No server knows the name: look for a typing error in REDIS_URL.'
  if (reason === 'ECONNREFUSED') return 'Nothing listens there: look at the port in REDIS_URL, and whether Redis runs.'
  if (/NOAUTH|WRONGPASS|invalid password|NOPERM/i.test(reason))
    return 'Look at user and password in REDIS_URL, and at the rights of that user.'
  if (/^READONLY/.test(reason)) return 'It is a replica: name the primary in REDIS_URL.'
  if (/^OOM/.test(reason)) return 'Its memory is full: give it more, or remove what does not belong there.'
  if (/^MISCONF/.test(reason))
    return 'It cannot save to its disk, and refuses writes until it can: look at the disk of Redis.'
  if (/^LOADING/.test(reason)) return 'It is reading its data after a start: wait, and ask again.'
  if (/closed the connection|not of Redis/.test(reason))
    return 'It may want TLS (rediss:), or be no Redis: look at scheme and port in REDIS_URL.'
  return 'Look at the network between the app and Redis: firewall, private endpoint, TLS.'
}
