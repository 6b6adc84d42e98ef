import { once } from 'node:events'
import express, { type Response } from 'express'
import { freePort } from 'test-support/free-port'
import type { LimitChange, LiveEvents, TaskRow, WindowName } from '../../src/dashboard/contract.ts'
import { PAGE_HEADERS, readPageFiles } from '../../src/dashboard/page-files.ts'
import type { Generated } from './generated-figures.ts'

export type PretendAgent = {
  readonly url: string
  /** What the next answers are made of. */
  figures: Generated
  /** What reading takes, as the real router has it. @default none */
  token: string | undefined
  /** The status that every answer of `api/` has. @default 200 */
  fails: number | undefined
  /** Whether streams stay on the way. @default false */
  holdsBack: boolean
  /** How many streams are open. */
  readonly viewers: number
  readonly limits: { readonly account: unknown; readonly change: LimitChange; readonly token: string | undefined }[]
  send<K extends keyof LiveEvents>(event: K, data: LiveEvents[K]): void
  /** Ends all connections, and takes no new ones until `comeBack`. */
  goAway(): Promise<void>
  comeBack(): Promise<void>
}

export const ADMIN_TOKEN = 'the-token'

/** The page's own files, and figures that a test makes up: whatever the contract allows. */
export async function startPretendAgent(figures: Generated): Promise<PretendAgent> {
  const files = readPageFiles()
  const viewers = new Set<Response>()
  const app = express()
  app.use((_request, response, next) => {
    response.set(PAGE_HEADERS)
    next()
  })
  app.get('/', (_request, response) => void response.set(files.index.headers).send(files.index.body))
  app.get('/page/:name', (request, response) => {
    const file = files.get(request.params.name)
    if (file) response.set(file.headers).send(file.body)
    else response.sendStatus(404)
  })
  app.use('/api', (request, response, next) => {
    const isLetIn = agent.token === undefined || request.get('authorization') === `Bearer ${agent.token}`
    if (!isLetIn)
      response.status(401).json({ status: 401, code: 'unauthorized', title: 'No', detail: 'The token is missing.' })
    else if (agent.fails)
      response.status(agent.fails).json({ status: agent.fails, title: 'The history cannot be read' })
    else next()
  })
  app.get('/api/overview', (request, response) => {
    response.json({ ...agent.figures.overview, window: request.query['window'] as WindowName })
  })
  app.get('/api/live', (request, response) => {
    // As a proxy does that waits for the end of an answer.
    if (agent.holdsBack) return
    response.set({ 'content-type': 'text/event-stream', 'cache-control': 'no-store' }).flushHeaders()
    viewers.add(response)
    response.on('close', () => viewers.delete(response))
    const overview = { ...agent.figures.overview, window: request.query['window'] as WindowName }
    response.write(`event: overview\ndata: ${JSON.stringify(overview)}\n\n`)
  })
  app.get('/api/tenants', (request, response) => {
    const { search = '', limit = '20', window } = request.query as Record<string, string>
    const found = agent.figures.tenants.filter(({ tenant }) => tenant.toLowerCase().includes(search.toLowerCase()))
    const [tenants, rest] = [found.slice(0, Number(limit)), found.slice(Number(limit))]
    const costUsd = rest.reduce((total, row) => total + row.costUsd, 0)
    const { freshness } = agent.figures.overview
    const known = agent.figures.tenants.length
    response.json({ freshness, window, tenants, others: { tenants: rest.length, costUsd }, known })
  })
  app.get('/api/account', (request, response) => {
    const { tenant, scope: name, id } = request.query as Record<string, string>
    const own = agent.figures.tenants.find((row) => row.tenant === tenant)!
    response.json({ ...own, scope: { name, id }, spentUsd: 1.25, limitUsd: 2.5, share: 0.5 })
  })
  app.get('/api/tasks', (request, response) => {
    const { failed, tenant, limit = '20' } = request.query as Record<string, string>
    const found = agent.figures.tasks.filter(
      (task) => (failed !== '1' || task.outcome === 'failure') && (tenant === undefined || task.tenant === tenant),
    )
    const tasks: TaskRow[] = found.slice(0, Number(limit))
    const next = found.length > tasks.length ? 'more' : null
    response.json({ freshness: agent.figures.overview.freshness, tasks, next })
  })
  app.get('/api/tasks/:id', (request, response) => {
    const task = agent.figures.tasks.find(({ id }) => id === request.params.id)
    if (task) response.json(task)
    else response.status(404).json({ status: 404, title: 'No such task' })
  })
  app.put('/admin/budget', express.json(), (request, response) => {
    const token = request.get('authorization')?.replace('Bearer ', '')
    if (token !== ADMIN_TOKEN) {
      response.status(401).json({ status: 401, title: 'No', detail: 'This is not the admin token.' })
      return
    }
    agent.limits.push({ account: request.query, change: request.body, token })
    response.json({})
  })

  // Nobody gets it while the agent is away.
  const port = await freePort()
  let server = app.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const agent: PretendAgent = {
    url: `http://127.0.0.1:${port}`,
    figures,
    token: undefined,
    fails: undefined,
    holdsBack: false,
    get viewers() {
      return viewers.size
    },
    limits: [],
    send(event, data) {
      for (const viewer of viewers) viewer.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`)
    },
    async goAway() {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
    async comeBack() {
      server = app.listen(port, '127.0.0.1')
      await once(server, 'listening')
    },
  }
  return agent
}
