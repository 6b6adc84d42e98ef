import express, { type Request, type Response, type Router } from 'express'
import { checkOptions } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import { adminRouter, passingErrors, problemHandler } from '../express/index.ts'
import { History, type KeptTask, WINDOWS, type WindowName } from '../history/index.ts'
import { realTiming } from '../timing.ts'
import { readersOnly } from './access.ts'
import { Accounts } from './accounts.ts'
import { notFound, refuse } from './answers.ts'
import { beginningOf } from './beginning.ts'
import type { Link, Objectives, Service, TaskDetail, TaskList } from './contract.ts'
import { DASHBOARD_OPTIONS, type DashboardOptions } from './dashboard-options.ts'
import { freshnessOf } from './freshness.ts'
import { overviewOf } from './overview.ts'
import { servePage } from './page-route.ts'
import { Viewers } from './viewers.ts'
import { faultOf, Watch } from './watch.ts'

const OBJECTIVES: Objectives = { taskSuccess: 0.95, toolSuccess: 0.95 }
const MAX_BYTES = 256 * 1024 * 1024
const MAX_AGE_MS = 7 * 86_400_000
const MAX_VIEWERS = 100
const EVERY_MS = 1000
const MOST_LISTED = 200

/** A router of Express that can be closed. */
export type Dashboard = Router & {
  /** Sends the viewers home, and writes what is not in the file yet. */
  close(): void
}

/**
 * The live page, and the JSON behind it: what happens in an agent now, in the last hour and day, who spends what, and each
 * task with its calls. It subscribes to the events when it is created; before that it costs nothing.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use('/ops', dashboardRouter({ ops, token: process.env.ADMIN_TOKEN, history: { path: '.data/history.db' } }))
 */
export function dashboardRouter(options: DashboardOptions): Dashboard {
  checkOptions(options, DASHBOARD_OPTIONS)
  const { ops, token, mayRead, links = {}, name = 'Agent', facts = {}, timing = realTiming } = options
  const { path, maxBytes = MAX_BYTES, maxAgeMs = MAX_AGE_MS } = options.history ?? {}
  const objectives = { ...OBJECTIVES, ...options.objectives }
  const { epochMs } = timing

  const file = path === undefined ? undefined : { path, maxBytes, maxAgeMs }
  const history = new History({ events: ops.events, file, facts, timing })
  const accounts = new Accounts(history, ops.budget)
  const service = (): Service => ({
    name,
    facts,
    links: safe(links.head ?? []),
    canSetLimits: Boolean(token) && ops.budget !== undefined,
    scopes: ops.budget?.scopes ?? [],
    hasBudget: ops.budget !== undefined,
    fault: faultOf(ops.chaos) ?? null,
  })
  const overview = sharedForAMoment(epochMs, (window) =>
    JSON.stringify(overviewOf(history, { window, objectives, service: service(), nowMs: epochMs() })),
  )
  const viewers = new Viewers({ history, most: options.maxViewers ?? MAX_VIEWERS, overview, epochMs })
  const watch = new Watch({ history, objectives, chaos: ops.chaos })
  history.mark(beginningOf(facts, history.earlierFacts, epochMs()))
  options.marks?.((mark) => history.mark(mark))
  const stop = timing.repeat(() => {
    watch.look(epochMs())
    viewers.tick()
  }, EVERY_MS)

  const router = express.Router()
  servePage(router)
  router.use('/api', readersOnly(token, mayRead))
  router.get('/api/overview', (request, response) => {
    const window = windowOf(request, response)
    if (window) response.type('json').send(overview(window))
  })
  router.get('/api/live', (request, response) => {
    const window = windowOf(request, response)
    if (window) viewers.admit(request, response, window)
  })
  router.get(
    '/api/tenants',
    passingErrors(async (request, response) => {
      const window = windowOf(request, response)
      if (!window) return
      const query = { window, search: textOf(request, 'search') ?? '', limit: limitOf(request, 20) }
      response.json(await accounts.list(query, epochMs()))
    }),
  )
  router.get(
    '/api/account',
    passingErrors(async (request, response) => {
      const [tenant, scope, id] = ['tenant', 'scope', 'id'].map((name) => textOf(request, name))
      const isScope = scope !== undefined && id !== undefined
      if (!tenant || (scope === undefined) !== (id === undefined))
        return refuse(response, 'Name a `tenant`, or a `tenant`, a `scope` and an `id`.')
      if (isScope && !ops.budget?.scopes.includes(scope)) return refuse(response, 'The budget has no such scope.')
      try {
        response.json(await accounts.account(tenant, isScope ? { name: scope, id } : undefined, epochMs()))
      } catch (error) {
        // The names came with the request.
        if (!InvalidOptionError.isInstance(error)) throw error
        refuse(response, error.message)
      }
    }),
  )
  router.get('/api/tasks', (request, response) => {
    const before = textOf(request, 'before')
    const { tasks, next } = history.list({
      isFailed: textOf(request, 'failed') === '1',
      tenant: textOf(request, 'tenant'),
      before: before === undefined ? undefined : Number(before) || 0,
      limit: limitOf(request, 50),
    })
    const list: TaskList = {
      freshness: freshnessOf(history, epochMs()),
      tasks,
      next: next === undefined ? null : String(next),
    }
    response.json(list)
  })
  router.get('/api/tasks/:id', (request, response) => {
    const task = history.get(request.params.id)
    if (task) response.json(withLinks(task, links.task))
    else notFound(response, 'There is no such task here: it may be too old, or not over.')
  })
  router.use('/api', (_request, response) => notFound(response, 'There is nothing here.'))
  router.use('/admin', (_request, response, next) => {
    // A limit or a fault that was changed is seen at once.
    response.on('finish', () => {
      accounts.forget()
      viewers.changed()
    })
    next()
  })
  router.use(adminRouter({ ops: { chaos: ops.chaos, budget: ops.budget }, token }))
  router.use(['/api', '/admin'], problemHandler())

  return Object.assign(router, {
    close() {
      stop()
      viewers.close()
      history.close()
    },
  })
}

/** So many may ask in a second for what takes a fraction of a millisecond to put together. */
function sharedForAMoment(epochMs: () => number, make: (window: WindowName) => string): (window: WindowName) => string {
  const made = new Map<WindowName, { readonly atMs: number; readonly json: string }>()
  return (window) => {
    const nowMs = epochMs()
    const known = made.get(window)
    if (known && nowMs - known.atMs >= 0 && nowMs - known.atMs < EVERY_MS / 4) return known.json
    const json = make(window)
    made.set(window, { atMs: nowMs, json })
    return json
  }
}

/** A link is clicked by somebody who may change limits. */
function safe(links: readonly Link[]): readonly Link[] {
  return links.filter(({ href }) => {
    const { protocol } = URL.canParse(href, 'http://any') ? new URL(href, 'http://any') : { protocol: '' }
    return protocol === 'http:' || protocol === 'https:'
  })
}

function withLinks(task: KeptTask, linksOf: ((task: KeptTask) => readonly Link[]) | undefined): TaskDetail {
  return { ...task, links: safe(linksOf?.(task) ?? []) }
}

function windowOf(request: Request, response: Response): WindowName | undefined {
  const asked = textOf(request, 'window') ?? '5m'
  const window = WINDOWS.find((window) => window === asked)
  if (!window) refuse(response, `\`window\` must be one of ${WINDOWS.join(', ')}.`)
  return window
}

function textOf({ query }: Request, name: string): string | undefined {
  const value = query[name]
  return typeof value === 'string' && value !== '' ? value : undefined
}

function limitOf(request: Request, otherwise: number): number {
  const limit = Number(textOf(request, 'limit') ?? otherwise)
  return Number.isInteger(limit) && limit > 0 ? Math.min(limit, MOST_LISTED) : otherwise
}
