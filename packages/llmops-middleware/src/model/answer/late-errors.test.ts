import type { ServerResponse } from 'node:http'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { clockByHand } from '../../../test/support/clock-by-hand.ts'
import { startProvider } from '../../../test/support/provider.ts'
import { TRANSPORTS } from '../../../test/support/transports.ts'
import { BudgetBreaker, budgetLayer } from '../../budget/index.ts'
import { createRateCard } from '../../pricing/index.ts'
import { routeLayer } from '../../route/index.ts'
import { createGovernedFetch, type ModelLayer } from '../index.ts'

const usage = { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 }
const WHOLE = { id: 'x', model: 'gpt-4o-mini', choices: [{ index: 0, message: { content: 'Hello' } }], usage }
const REQUEST = { model: 'gpt-4o-mini', messages: [{ role: 'user' as const, content: 'Hi' }] }
const JSON_TYPE = { 'content-type': 'application/json' }

/** Answers with an error whose body never ends, and after it with an answer. */
function startFailing(status: number, begun = '') {
  let asked = 0
  const closed = Promise.withResolvers<void>()
  return startProvider((response) => {
    asked++
    if (asked > 1) {
      response.writeHead(200, JSON_TYPE).end(JSON.stringify(WHOLE))
      return
    }
    response.on('close', closed.resolve)
    response.writeHead(status, { ...JSON_TYPE, 'retry-after-ms': '1' })
    response.flushHeaders()
    if (begun) response.write(begun)
  }).then((provider) => ({ ...provider, closed: closed.promise }))
}

describe.each(TRANSPORTS)('an error whose body does not come, over %s', (_, transport) => {
  it.each([408, 409, 429, 503])('of status %i is asked again after by the SDK, as without us', async (status) => {
    const provider = await startFailing(status, '{"error":')
    const budget = new BudgetBreaker({ limitUsd: 1 })
    const { fetch, drain } = governed(transport(), [budgetLayer(budget)])
    const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch })
    expect(await openai.chat.completions.create(REQUEST)).toMatchObject({ id: 'x' })
    await provider.closed
    await drain()
    await budget.drain()
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0, unknownUsd: 0, spentUsd: 0.0000045 })
  })

  it('moves a route on to another target, and closes its connection', async () => {
    const failing = await startFailing(503)
    const other = await startProvider((response) => response.writeHead(200, JSON_TYPE).end(JSON.stringify(WHOLE)))
    const targets = [failing, other].map(({ url }, index) => ({
      name: `target ${index}`,
      model: 'gpt-4o-mini',
      baseUrl: `${url}/v1`,
    }))
    const budget = new BudgetBreaker({ limitUsd: 1 })
    const { fetch, drain } = governed(transport(), [routeLayer({ targets, retriesPerTarget: 0 }), budgetLayer(budget)])
    expect(await (await post(fetch, 'http://127.0.0.1:1')).json()).toMatchObject({ id: 'x' })
    await failing.closed
    await drain()
    await budget.drain()
    expect(await budget.read('contoso')).toMatchObject({ heldUsd: 0, unknownUsd: 0, spentUsd: 0.0000045 })
  })

  it('has its status at once and the rest of its body when that comes', async () => {
    let open: ServerResponse | undefined
    const provider = await startProvider((response) => {
      open = response.writeHead(503, JSON_TYPE)
      open.write('{"error":')
    })
    const { fetch, drain } = governed(transport())
    const response = await post(fetch, provider.url)
    expect([response.status, response.headers.get('content-type')]).toEqual([503, 'application/json'])
    open!.end('{"message":"down"}}')
    expect(await response.json()).toEqual({ error: { message: 'down' } })
    await drain()
  })

  it('ends with its caller, who gets its own reason', async () => {
    const provider = await startFailing(503, '{')
    const { fetch, drain } = governed(transport())
    const controller = new AbortController()
    const response = await post(fetch, provider.url, controller.signal)
    const text = response.text()
    controller.abort(new Error('enough'))
    await expect(text).rejects.toThrow('enough')
    await provider.closed
    await drain()
  })

  it('of a status that no client retries is waited for', async () => {
    let open: ServerResponse | undefined
    const provider = await startProvider((response) => {
      open = response.writeHead(400, JSON_TYPE)
      open.write('{"error":')
      setImmediate(() => open!.end('{"code":"context_length_exceeded"}}'))
    })
    const { fetch, waits } = governed(transport())
    expect(await (await post(fetch, provider.url)).text()).toBe('{"error":{"code":"context_length_exceeded"}}')
    expect(waits()).toBe(0)
  })
})

/** Without a wait for what is late: it is late as soon as it is not there. */
function governed(transport: typeof fetch, layers: ModelLayer[] = []) {
  const clock = clockByHand()
  let waits = 0
  const after: typeof clock.timing.after = (act, afterMs) => {
    waits++
    const stop = clock.timing.after(act, afterMs)
    setImmediate(() => clock.turnTo(afterMs))
    return stop
  }
  const options = { layers, rateCard: createRateCard(), defaultTenant: 'contoso', fetch: transport, after }
  return { ...createGovernedFetch(options), waits: () => waits }
}

function post(fetch: typeof globalThis.fetch, url: string, signal?: AbortSignal): Promise<Response> {
  const init = { method: 'POST', body: JSON.stringify(REQUEST), ...(signal && { signal }) }
  return fetch(`${url}/v1/chat/completions`, init)
}
