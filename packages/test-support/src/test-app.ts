// The smallest application that a slot can run: its identity, its health, and a way to make it fail.
import { createServer } from 'node:http'

const { PORT, SLOT_NAME, RELEASE, WEBSITE_INSTANCE_ID } = process.env
// A build that is healthy on staging and fails with the settings of production.
let isBroken =
  SLOT_NAME !== undefined &&
  process.env['BROKEN_AFTER_RESTART'] === SLOT_NAME &&
  [undefined, WEBSITE_INSTANCE_ID].includes(process.env['BROKEN_ON'])
if (SLOT_NAME !== undefined && process.env['CRASHES_IN'] === SLOT_NAME) throw new Error('CRASHES_IN is set')

/** The results of its next readiness tasks; those after them depend on its health. */
const readiness: ('fails' | 'old')[] = []
/** The figures of this process, which it shows only to requests with a token. */
const outcomes = { tasks: 0, taskSuccess: 1, toolCalls: 0 }

const server = createServer((request, response) => {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://loopback')
  switch (path) {
    case '/health':
      return json(200, { status: 'ok', instance: WEBSITE_INSTANCE_ID, slot: SLOT_NAME, release: RELEASE })
    case '/health/ready':
      return ready()
    case '/readiness':
      for (let times = Number(searchParams.get('times')); times > 0; times--) {
        readiness.push(searchParams.get('goes') as (typeof readiness)[number])
      }
      return json(200, readiness)
    case '/outcomes':
      return json(200, Object.assign(outcomes, JSON.parse(searchParams.get('are') ?? '{}')))
    case '/environment':
      return json(200, process.env)
    case '/break':
      isBroken = true
      return json(200, {})
    case '/stream':
      return stream()
    default:
      return json(isBroken ? 500 : 200, { release: RELEASE })
  }

  function json(status: number, body: unknown): void {
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
  }

  function ready(): void {
    const shown = request.headers.authorization === undefined ? {} : { outcomes }
    const goes = readiness.shift() ?? (isBroken ? 'fails' : 'well')
    if (goes === 'old') response.setHeader('age', '600')
    if (goes === 'fails') json(503, { code: 'not_ready', class: 'agent', ...shown })
    else json(200, { status: 'ready', ...shown })
  }

  /** A line at once, more while it lasts, the last one after a second and a half. */
  function stream(): void {
    response.writeHead(200, { 'content-type': 'text/plain' })
    response.write(`from ${RELEASE}\n`)
    const timer = setInterval(() => response.write('more\n'), 50)
    setTimeout(() => {
      clearInterval(timer)
      response.end(`end of ${RELEASE}\n`)
    }, 1_500)
  }
})

server.listen(Number(PORT), '127.0.0.1')
process.once('SIGTERM', () => server.close())
