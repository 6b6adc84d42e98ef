import { realpathSync } from 'node:fs'
import type { Context } from '../context.ts'
import { expectedPort } from '../probes/app-port.ts'
import { bounded } from '../probes/bounded.ts'
import { connectTo } from '../probes/connect.ts'
import { type Listener, readListeners, variablesOf } from '../probes/listeners.ts'
import type { Finding } from '../report.ts'

const CONNECT_MS = 1000

export async function checkPort(context: Context): Promise<readonly Finding[]> {
  const { variables, signal, options } = context
  const expected = expectedPort(context)
  if (expected === undefined || options.appUrl) {
    return [{ layer: 'port', status: 'skipped', detail: 'nothing says which port is expected (PORT, WEBSITES_PORT)' }]
  }
  const { port, from } = expected
  const told = Number(variables['PORT'])
  const says = `${from} expects ${port}`
  const [listeners, answer] = await Promise.all([
    readListeners(),
    bounded(CONNECT_MS, signal, (signal) => connectTo(new URL(`http://127.0.0.1:${port}`), signal)),
  ])
  const own = await ownListeners(listeners ?? [], context)
  const there = (listeners ?? []).filter((listener) => listener.port === port)
  const data = { port, from, listens: own.map(describe) }
  if (there.length > 0 && there.every(({ isLoopback }) => isLoopback) && isOnPlatform(variables)) {
    return [
      {
        layer: 'port',
        status: 'failed',
        detail: `port ${port} is listened on for 127.0.0.1 alone, where the platform cannot reach it`,
        next: 'Listen on 0.0.0.0 (HOST).',
        data,
      },
    ]
  }
  if (answer.ok || there.length > 0) {
    const who = there[0]?.process ? ` by ${there[0].process.command} (process ${there[0].process.id})` : ''
    return [{ layer: 'port', status: 'ok', detail: `${says}, and it is listened on${who}`, ms: answer.ms, data }]
  }
  if (own.length > 0 || (Number.isInteger(told) && told > 0 && told !== port)) {
    const where = own.length > 0 ? `the app listens on ${own.map(describe).join(', ')}` : `PORT is ${told}`
    return [
      {
        layer: 'port',
        status: 'failed',
        detail: `${says}, and nothing listens there; ${where}`,
        next: 'Make them one: let the app listen on PORT, and leave PORT unset or equal to WEBSITES_PORT.',
        data,
      },
    ]
  }
  return [{ layer: 'port', status: 'ok', detail: `${says}; nothing listens there, nor does the app elsewhere`, data }]
}

/** On the local platform loopback is all there is. */
function isOnPlatform(variables: Context['variables']): boolean {
  return Boolean(variables['WEBSITE_SITE_NAME']) && variables['HOST'] !== '127.0.0.1'
}

/** Where App Service runs a process: the slots of a site share its machines. */
const PLACE = ['WEBSITE_INSTANCE_ID', 'WEBSITE_SITE_NAME', 'WEBSITE_SLOT_NAME']

/** What the app listens on: a process of its folder, or of its place. */
async function ownListeners(listeners: readonly Listener[], { cwd, variables }: Context): Promise<readonly Listener[]> {
  const folder = realpathSync(cwd)
  const isOwn = await Promise.all(
    listeners.map(async ({ process: owner }) => {
      if (owner === undefined || owner.id === process.pid || !/^(node|MainThread|bun|deno)/.test(owner.command))
        return false
      if (variables['WEBSITE_INSTANCE_ID']) {
        const started = await variablesOf(owner.id).catch((): Record<string, string> => ({}))
        return PLACE.every((name) => started[name] === variables[name])
      }
      return owner.cwd === folder
    }),
  )
  return listeners.filter((_, index) => isOwn[index])
}

const describe = ({ port, process: owner }: Listener) => `${port} (process ${owner?.id})`
