import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Request } from 'express'
import { createLlmOps } from 'llmops-middleware'
import { dashboardRouter } from 'llmops-middleware/dashboard'
import { adminRouter, healthRouter } from 'llmops-middleware/express'
import { mcpRouter } from 'llmops-middleware/mcp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { WINDOWS } from '../src/history/index.ts'
import { REQUEST_TASK_OPTIONS } from '../src/http/request-task.ts'
import { GOVERNED_OPTIONS } from '../src/web/governed.ts'
import { serve } from './support/serve.ts'

const packageDir = join(import.meta.dirname, '..')
const page = await readFile(join(packageDir, '../../docs/web.md'), 'utf8')

describe('docs/web.md', () => {
  it('has each option, and no other', () => {
    const [, table = ''] = page.split('\n## Options\n')
    const rows = table
      .split('\n## ')[0]!
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    const named = rows.flatMap((row) => [...row.split('|')[1]!.matchAll(/`(\w+)`/g)].map(([, name]) => name!))
    expect(named.toSorted()).toEqual(Object.keys(GOVERNED_OPTIONS).toSorted())
    expect(named).toEqual(expect.arrayContaining(Object.keys(REQUEST_TASK_OPTIONS)))
  })
})

const TOKEN = 'a-token-of-the-test-of-the-page'
const [, listed = ''] = page.split('\n## HTTP routes\n')
const routes = listed.split('\n').flatMap((line) => {
  const [, route, , , status = ''] = line.split(' | ')[0]!.startsWith('| `') ? line.split('|') : []
  const [, method, path] = /`([A-Z]+) (\/\S*)`/.exec(route ?? '') ?? []
  return method && path ? [{ method, path, statuses: status.split(',').map(Number) }] : []
})
type Asked = readonly [method: string, path: string, token?: string]

const NAMES = { ':tenant': 'contoso', ':scope': 'user', ':id': 'ada', ':name': 'page.css' }
const BODIES: Readonly<Record<string, unknown>> = {
  'POST /admin/chaos': { mode: 'outage', ttlMs: 60_000 },
  'POST /mcp': { jsonrpc: '2.0', id: 1, method: 'tools/list' },
  PUT: { limitUsd: 80 },
}

describe('the routes of docs/web.md', () => {
  async function setUp() {
    const ops = createLlmOps({ budget: { limitUsd: 50, scopes: [{ scope: 'user', limitUsd: 2 }] }, logger: false })
    const dashboard = dashboardRouter({ ops, token: TOKEN })
    onTestFinished(() => dashboard.close())
    const health = healthRouter()
    const url = await serve((app) => {
      app.use(adminRouter({ ops, token: TOKEN }))
      app.use(health)
      app.use('/ops', dashboard)
      const tenant = ({ headers }: Request) => headers.authorization && 'contoso'
      const serverInfo = { name: 'shop', version: '1.0.0' }
      app.use(mcpRouter({ ops, tools: [], tenant, serverInfo, allowedHosts: ['127.0.0.1'] }))
    })
    return { dashboard, health, ask: (...asked: Asked) => ask(url, ...asked) }
  }

  async function ask(url: string, ...[method, path, token = TOKEN]: Asked): Promise<number> {
    const named = path.replaceAll(/:\w+/g, (name) => NAMES[name as keyof typeof NAMES])
    const query = path === '/ops/api/account' ? '?tenant=contoso' : ''
    const body = BODIES[`${method} ${path.split('?')[0]}`] ?? BODIES[method]
    const response = await fetch(`${url}${named}${query}`, {
      method,
      redirect: 'manual',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        ...(token && { authorization: `Bearer ${token}` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    await response.body?.cancel()
    return response.status
  }

  it('are served, with a status of their row', async () => {
    const { ask } = await setUp()
    expect(routes.length).toBeGreaterThan(15)
    const wrong: string[] = []
    for (const { method, path, statuses } of routes) {
      const status = await ask(method, path)
      // Of `:id` there is nothing in this process.
      const isServed = statuses.includes(status) && (status < 300 || path.endsWith('tasks/:id'))
      if (!isServed) wrong.push(`${method} ${path} was answered with ${status}`)
    }
    expect(wrong).toEqual([])
  })

  it('want the token where it says so', async () => {
    const { ask } = await setUp()
    for (const { method, path } of routes) {
      if (/^\/(admin|mcp|ops\/api)/.test(path)) expect(await ask(method, path, ''), `${method} ${path}`).toBe(401)
    }
  })

  it('are all that there are', async () => {
    const { ask, health, dashboard } = await setUp()
    const known = new Set(routes.map(({ method, path }) => `${method} ${path.split('?')[0]}`))
    const others: string[] = []
    for (const path of ['/admin/chaos', '/admin/budget', '/admin/budget/contoso', '/admin/budget/contoso/user/ada']) {
      const shown = path.replace('contoso', ':tenant').replace('/user/ada', '/:scope/:id')
      for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']) {
        if (!known.has(`${method} ${shown}`)) others.push(`${method} ${path} ${await ask(method, path)}`)
      }
    }
    expect(others.filter((answered) => !answered.endsWith(' 404'))).toEqual([])
    expect(others.length).toBeGreaterThan(5)
    const served = [...pathsOf(health), ...pathsOf(dashboard).map((path) => `/ops${path}`)]
    expect(served.filter((path) => !known.has(`GET ${path}`))).toEqual([])
    expect(served.length).toBeGreaterThan(8)
  })

  it('has each window of the page', () => {
    for (const window of WINDOWS) expect(listed).toContain(window)
  })
})

/** Of a router of Express. */
function pathsOf({ stack }: { readonly stack: readonly { readonly route?: { readonly path: string } | undefined }[] }) {
  return stack.flatMap(({ route }) => (route ? [route.path] : []))
}
