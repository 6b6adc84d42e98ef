import { request } from 'node:http'
import { describe, expect, it } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { watchedAgent } from '../../test/support/watched-agent.ts'
import { createLlmOps, InvalidOptionError } from '../index.ts'
import { dashboardRouter } from './index.ts'

const TOKEN = 'an-admin-token'
const PATHS = [
  'api/overview',
  'api/tenants',
  'api/account?tenant=a',
  'api/tasks',
  'api/tasks/x',
  'api/live',
  'api/none',
]

/** With headers that `fetch` does not let anybody set. */
function statusOf(url: string, headers: Record<string, string>): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers }, (response) => {
      resolve(response.statusCode)
      response.destroy()
    })
      .on('error', reject)
      .end()
  })
}

describe('without a token', () => {
  it('this machine may look', async () => {
    const agent = await watchedAgent()
    expect((await agent.get('api/overview')).status).toBe(200)
  })

  it.each([
    ['comes through a proxy', { 'x-forwarded-for': '203.0.113.7' }],
    ['comes through a proxy that says it otherwise', { forwarded: 'for=203.0.113.7' }],
    ['comes for a name that was made to point here', { host: 'evil.example' }],
  ])('only this machine may: a request that %s gets 403 everywhere', async (_, headers) => {
    const agent = await watchedAgent()
    for (const path of PATHS) expect([path, await statusOf(agent.url + path, headers)]).toEqual([path, 403])
  })
})

describe('with a token', () => {
  it('who has none or another gets 401 everywhere, and who has it gets in', async () => {
    const agent = await watchedAgent({ dashboard: { token: TOKEN } })
    for (const path of PATHS) {
      expect([path, (await agent.get(path)).status]).toEqual([path, 401])
      const wrong = { authorization: 'Bearer wrong' }
      expect([path, (await agent.get(path, { headers: wrong })).status]).toEqual([path, 401])
    }
    expect((await agent.get('api/overview', { headers: { authorization: `Bearer ${TOKEN}` } })).status).toBe(200)
  })

  it('the application may let in others, who can change nothing', async () => {
    const mayRead = ({ headers }: { headers: Record<string, unknown> }) => headers['cookie'] === 'session=ada'
    const agent = await watchedAgent({ ops: { budget: { limitUsd: 1 } }, dashboard: { token: TOKEN, mayRead } })
    const cookie = { cookie: 'session=ada' }
    expect((await agent.get('api/overview', { headers: cookie })).status).toBe(200)
    expect((await agent.get('api/overview')).status).toBe(401)
    const change = { method: 'PUT', headers: { ...cookie, 'content-type': 'application/json' }, body: '{"limitUsd":5}' }
    expect((await agent.get('admin/budget/contoso', change)).status).toBe(401)
  })

  it.each([[undefined], [null], ['route'], ['router'], [new Error('The session store is down.')]])(
    'shows nothing where the application cannot say, and rejects with %s',
    async (thrown) => {
      const agent = await watchedAgent({ dashboard: { token: TOKEN, mayRead: () => Promise.reject(thrown) } })
      expect((await agent.get('api/overview')).status).toBe(500)
    },
  )
})

describe('the page', () => {
  it('comes to everybody, with no data in it, under a strict policy, and again only when it changed', async () => {
    const agent = await watchedAgent({ dashboard: { token: TOKEN } })
    const { status, headers, body } = await agent.get('')
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8'])
    expect(body).toContain('<html')
    expect(headers.get('content-security-policy')).toMatch(/default-src 'none'.*script-src 'self'/)
    expect(headers.get('content-security-policy')).not.toContain('unsafe')
    expect(await statusOf(agent.url, { 'if-none-match': headers.get('etag')! })).toBe(304)
    expect(await statusOf(agent.url, { 'if-none-match': '"another"' })).toBe(200)
  })

  it('is reached without the slash at its end too, wherever it is mounted', async () => {
    const agent = await watchedAgent()
    const response = await fetch(agent.url.slice(0, -1))
    expect([response.status, response.url]).toEqual([200, agent.url])
    const moved = await fetch(`${agent.url.slice(0, -1)}?x=//evil.example`, { redirect: 'manual' })
    expect(moved.headers.get('location')).toBe('ops/')
  })

  it.each(['page/none.js', 'page/..%2fcontract.ts', 'page/%2e%2e%2fcontract.ts', 'page/constructor'])(
    'has nothing at %s',
    async (path) => {
      const agent = await watchedAgent()
      expect((await agent.get(path)).status).toBe(404)
    },
  )
})

it.each([
  [{ ops: undefined }, 'ops'],
  [{ ops: {} }, 'ops.events'],
  [{ tokn: 'x' }, 'tokn'],
  [{ objectives: { taskSuccess: 95 } }, 'objectives.taskSuccess'],
  [{ history: { path: '' } }, 'history.path'],
  [{ history: { maxBytes: 10 } }, 'history.maxBytes'],
  [{ links: { head: [{ label: 'x' }] } }, 'links.head[0].href'],
  [{ maxViewers: 0 }, 'maxViewers'],
])('refuses %j', (options, option) => {
  const make = () => dashboardRouter({ ops: createLlmOps(), ...options } as never)
  expect(make).toThrow(InvalidOptionError)
  expect(make).toThrow(expect.objectContaining({ option }))
})

it('answers at the root of an application, and leaves every other path to it', async () => {
  const router = dashboardRouter({ ops: createLlmOps() })
  const url = await serve((app) => app.use(router).get('/chat', (_request, response) => void response.send('hi')))
  expect(await (await fetch(`${url}/chat`)).text()).toBe('hi')
  expect((await fetch(url)).status).toBe(200)
  router.close()
})
