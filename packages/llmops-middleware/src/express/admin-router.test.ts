import { describe, expect, it } from 'vitest'
import { serve } from '../../test/support/serve.ts'
import { ChaosController } from '../chaos/index.ts'
import { createLlmOps } from '../llmops.ts'
import { adminRouter } from './admin-router.ts'

const TOKEN = 'correct horse battery staple'.replaceAll(' ', '-')

async function setUp(token: string | undefined = TOKEN) {
  const chaos = new ChaosController({ now: () => Date.UTC(2026, 10, 24) })
  const budget = {
    read: async () => ({ spentUsd: 12.5, heldUsd: 0.5, limitUsd: 50, resetsAt: '2026-12-01T00:00:00Z' }),
  }
  const url = await serve((app) => app.use(adminRouter({ ops: { chaos, budget }, token })))
  const request = (method: string, path: string, body?: unknown, presented: string | undefined = TOKEN) =>
    fetch(url + path, {
      method,
      headers: {
        'content-type': 'application/json',
        ...(presented && { authorization: `Bearer ${presented}` }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
  return { chaos, request }
}

it('says which header a body needs that is not sent as JSON', async () => {
  const ops = createLlmOps({ budget: { limitUsd: 1 }, logger: false })
  const url = await serve((app) => void app.use(adminRouter({ ops, token: 'secret' })))
  const headers = { authorization: 'Bearer secret', 'content-type': 'application/x-www-form-urlencoded' }
  for (const [method, path] of [
    ['PUT', 'budget/contoso'],
    ['POST', 'chaos'],
  ] as const) {
    const response = await fetch(`${url}/admin/${path}`, { method, headers, body: '{"limitUsd":3}' })
    const detail = '`body` is missing; it must be JSON, sent with the header `content-type: application/json`.'
    expect([response.status, await response.json()]).toMatchObject([400, { code: 'invalid_option', detail }])
  }
})

describe('the token', () => {
  it.each([
    ['GET', '/admin/chaos'],
    ['POST', '/admin/chaos'],
    ['DELETE', '/admin/chaos'],
    ['GET', '/admin/budget/contoso'],
  ])('when none is configured there is no %s %s', async (method, path) => {
    for (const token of [undefined, '']) {
      const { chaos, request } = await setUp(token ?? '')
      chaos.set({ mode: 'outage' })
      const response = await request(method, path, method === 'POST' ? { mode: 'off' } : undefined)
      expect(response.status).toBe(404)
      expect(chaos.read().mode).toBe('outage')
    }
  })

  it.each([
    ['wrong', 'Bearer wrong'],
    ['missing', undefined],
    ['empty', 'Bearer '],
    ['of another scheme', `Basic ${TOKEN}`],
    ['longer than the right one', `Bearer ${TOKEN}x`],
  ])('that is %s is 401 and changes nothing', async (_, authorization) => {
    const chaos = new ChaosController()
    const url = await serve((app) => app.use(adminRouter({ chaos, token: TOKEN })))
    const response = await fetch(`${url}/admin/chaos`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization && { authorization }) },
      body: JSON.stringify({ mode: 'outage' }),
    })
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe('Bearer realm="admin"')
    expect(chaos.read()).toEqual({ mode: 'off' })
  })
})

describe('chaos', () => {
  it('is set, read and cleared', async () => {
    const { chaos, request } = await setUp()
    const set = await request('POST', '/admin/chaos', { mode: 'throttle', probability: 0.5, seed: 7, ttlMs: 60_000 })
    expect(set.status).toBe(200)
    expect(set.headers.get('cache-control')).toBe('no-store')
    const state = {
      mode: 'throttle',
      probability: 0.5,
      seed: 7,
      model: true,
      ttlMs: 60_000,
      retryAfterMs: 1000,
      delayMs: 5000,
      endsAt: '2026-11-24T00:01:00.000Z',
      injected: 0,
    }
    expect(await set.json()).toEqual(state)
    expect(await (await request('GET', '/admin/chaos')).json()).toEqual(state)

    const cleared = await request('DELETE', '/admin/chaos')
    expect(await cleared.json()).toEqual({ mode: 'off' })
    expect(chaos.read()).toEqual({ mode: 'off' })
  })

  it('of an unknown mode is 400, says what is accepted, and changes nothing', async () => {
    const { chaos, request } = await setUp()
    chaos.set({ mode: 'throttle' })
    const response = await request('POST', '/admin/chaos', { mode: 'explode' })
    expect(response.status).toBe(400)
    expect(response.headers.get('content-type')).toMatch('application/problem+json')
    expect(await response.json()).toEqual({
      type: 'urn:llmops:problem:invalid_option',
      title: 'The request cannot be used',
      status: 400,
      detail: "`mode` must be one of off, throttle, malformed, outage, latency-spike, got 'explode'.",
      code: 'invalid_option',
      field: 'mode',
      accepted: 'one of off, throttle, malformed, outage, latency-spike',
    })
    expect(chaos.read().mode).toBe('throttle')
  })

  it.each([
    ['no body', undefined, 400],
    ['a body that is not JSON', '{"mode":', 400],
    ['a body that is a list', [], 400],
    ['a body that is too large', { mode: 'outage', tools: ['x'.repeat(17_000)] }, 413],
  ])('with %s is refused as a problem, without a stack', async (_, body, status) => {
    const { chaos, request } = await setUp()
    const response = await request('POST', '/admin/chaos', body)
    expect(response.status).toBe(status)
    expect(response.headers.get('content-type')).toMatch('application/problem+json')
    expect(await response.text()).not.toMatch(/\bat .*\.(js|ts)/)
    expect(chaos.read()).toEqual({ mode: 'off' })
  })
})

describe('a budget', () => {
  it('is shown for the tenant that is named', async () => {
    const { request } = await setUp()
    expect(await (await request('GET', '/admin/budget/contoso')).json()).toEqual({
      tenant: 'contoso',
      spentUsd: 12.5,
      heldUsd: 0.5,
      limitUsd: 50,
      resetsAt: '2026-12-01T00:00:00Z',
    })
  })

  it('that cannot be read is 503, and says nothing of the ledger', async () => {
    const error = Object.assign(new Error('/var/data/ledger.db is locked'), { code: 'ledger_unavailable' })
    const budget = { read: () => Promise.reject(error) }
    const url = await serve((app) => app.use(adminRouter({ budget, token: TOKEN })))
    const response = await fetch(`${url}/admin/budget/contoso`, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('/var/data')
  })

  it('has no route where there is no budget', async () => {
    const url = await serve((app) => app.use(adminRouter({ chaos: new ChaosController(), token: TOKEN })))
    const response = await fetch(`${url}/admin/budget/contoso`, { headers: { authorization: `Bearer ${TOKEN}` } })
    expect(response.status).toBe(404)
  })
})

describe('an account that is named in the query', () => {
  it.each(['..', '.', 'a/b', 'contoso', '日本 x', '%2e', '?', '#'])('can be %s', async (tenant) => {
    const changes: unknown[] = []
    const budget = {
      read: (...account: unknown[]) => ({ read: account }),
      setLimit: (change: unknown) => void changes.push(change),
    }
    const url = await serve((app) => app.use(adminRouter({ ops: { budget }, token: TOKEN })))
    const ask = async (parameters: Record<string, string>, init: RequestInit = {}) => {
      const headers = { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' }
      const response = await fetch(`${url}/admin/budget?${new URLSearchParams(parameters)}`, { ...init, headers })
      return { status: response.status, body: await response.json() }
    }
    const put = { method: 'PUT', body: '{"limitUsd":5}' }
    const scope = { name: 'user', id: tenant }
    expect(await ask({ tenant })).toEqual({ status: 200, body: { tenant, read: [tenant, null] } })
    expect(await ask({ tenant }, put)).toMatchObject({ status: 200 })
    expect(await ask({ tenant, scope: 'user', id: tenant }, put)).toMatchObject({ status: 200, body: { scope } })
    expect(changes).toEqual([
      { tenant, limitUsd: 5 },
      { tenant, scope, limitUsd: 5 },
    ])
  })

  it.each(['', 'tenant=', 'tenant=a&tenant=b', 'tenant=a&scope=user', 'tenant=a&id=ada', 'tenant[x]=a'])(
    'is refused as %j',
    async (query) => {
      const { request } = await setUp()
      const response = await request('GET', `/admin/budget?${query}`)
      expect(response.status).toBe(400)
      expect(await response.json()).toMatchObject({ code: 'invalid_option' })
    },
  )
})
