import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { freePort } from 'command-line/free-port'
import type { Platform } from 'local-azure'

/** A fault of the ground that an app stands on, to practise finding it. */
export type PracticeFault = {
  readonly description: string
  /** Makes it, and returns the settings that carry it. Whatever it opens, it leaves to be closed. */
  begin(platform: Platform, opened: AsyncDisposableStack): Promise<Readonly<Record<string, string>>>
}

const SLOW_MS = 5000
/** Seconds; long enough for an agent that can start. */
const START_LIMIT = { WEBSITES_CONTAINER_START_TIME_LIMIT: '5' }

export const PRACTICE_FAULTS: Readonly<Record<string, PracticeFault>> = {
  'bad-creds': {
    description: 'the client id is of no identity that the site has',
    begin: async () => ({ AZURE_CLIENT_ID: randomUUID() }),
  },
  'wrong-endpoint': {
    description: 'the endpoint of the model is that of something else',
    begin: async (_, opened) => ({ LOCAL_MODEL_URL: await startOther(opened) }),
  },
  'dns-fail': {
    description: 'the name of the model resolves nowhere',
    begin: async () => ({ LOCAL_MODEL_URL: '', AZURE_OPENAI_ENDPOINT: 'https://no-such-account.openai.invalid' }),
  },
  'port-mismatch': {
    description: 'the app listens on one port, and the platform asks another',
    begin: async () => ({ PORT: `${await freePort()}`, WEBSITES_PORT: `${await freePort()}`, ...START_LIMIT }),
  },
  'dep-import-error': {
    description: 'a package that the app imports is missing',
    begin: async () => ({ NODE_OPTIONS: `--import=${new URL('./hide-package.mjs', import.meta.url).href}` }),
  },
  'latency-spike': {
    description: `the first token of the model comes after ${SLOW_MS / 1000} s`,
    begin: async ({ model }, opened) => {
      model.fault({ kind: 'slow_first_token', delayMs: SLOW_MS, times: Number.POSITIVE_INFINITY })
      opened.defer(() => model.clearFaults())
      return {}
    },
  },
}

/** Answers every path as an account without such a resource does. */
async function startOther(opened: AsyncDisposableStack): Promise<string> {
  const server = createServer((_, response) => {
    const body = { error: { code: '404', message: 'Resource not found' } }
    response.writeHead(404, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  opened.defer(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
