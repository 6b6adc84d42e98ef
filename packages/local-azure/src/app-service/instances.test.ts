import { describe, expect, it } from 'vitest'
import { editedSnapshot } from '../../test/support/edited-snapshot.ts'
import { startTestPlatform, type TestPlatform } from '../../test/support/start-test-platform.ts'

const MINUTE_MS = 60_000

describe('instances of a slot', () => {
  it('are as many as the plan has machines, and take turns, each with its own id', async () => {
    const snapshot = editedSnapshot('Microsoft.Web/serverfarms', (_, plan) => {
      plan.sku!['capacity'] = 3
    })
    const platform = await startTestPlatform({ snapshot })
    const answered = await repeat(6, () => whoAnswers(platform))
    expect(answered).toEqual([...platform.instances('production'), ...platform.instances('production')])
    expect(new Set(answered).size).toBe(3)
    expect(platform.instances('staging')).toEqual(platform.instances('production'))
  })

  it('get no requests while they are unhealthy and another is not, and get them again when they are replaced', async () => {
    const platform = await startTestPlatform({ instances: 2 })
    const [dead, alive] = platform.instances('production') as [string, string]
    await platform.kill('production', dead)
    expect(new Set(await repeat(4, () => statusOf(platform)))).toEqual(new Set([200, 502]))
    // Two pings, a minute apart.
    await pings(platform, 2)
    expect(new Set(await repeat(6, () => whoAnswers(platform)))).toEqual(new Set([alive]))

    const next = await platform.replace(dead)
    expect(new Set(await repeat(4, () => whoAnswers(platform)))).toEqual(new Set([next, alive]))
    expect([dead, alive]).not.toContain(next)
  })

  it('are replaced without cutting their responses', async () => {
    const platform = await startTestPlatform({ instances: 2 })
    const streams = await repeat(2, () => fetch(`${platform.productionUrl}/stream`))
    await platform.replace(platform.instances('production')[0]!)
    for (const stream of streams) expect(await stream.text()).toMatch(/end of v1\n$/)
  })

  it('cannot be replaced if the id is unknown', async () => {
    const platform = await startTestPlatform({ instances: 2 })
    await expect(platform.kill('production', 'nobody')).rejects.toThrow('no instance nobody')
    await expect(platform.replace('nobody')).rejects.toThrow('no instance nobody')
    await expect(startTestPlatform({ instances: 0 })).rejects.toThrow(
      'instances is 0; it must be a whole number from 1',
    )
  })
})

describe('a swap', () => {
  it('warms all instances of the candidate before one gets a request', async () => {
    const platform = await startTestPlatform({ instances: 3 })
    await platform.promote()
    const kinds = platform.events.map(({ kind }) => kind).filter((kind) => kind.startsWith('swap '))
    expect(kinds).toEqual(['swap started', ...Array(3).fill('swap warmed'), 'swap routed', 'swap done'])
    expect(new Set(await repeat(6, () => platform.release('production')))).toEqual(new Set(['v2']))
  })

  it('is aborted when one of three fails its warm-up, and all of production keeps running', async () => {
    const platform = await startTestPlatform({ instances: 3 })
    const settings = { BROKEN_AFTER_RESTART: 'production', BROKEN_ON: platform.instances('staging')[1]! }
    await platform.deploy('staging', settings)
    await expect(platform.promote()).rejects.toThrow('the candidate responded to /health/ready with 503')
    expect(await repeat(3, () => platform.release('production'))).toEqual(['v1', 'v1', 'v1'])
    expect(await repeat(3, () => platform.release('staging'))).toEqual(['v2', 'v2', 'v2'])
  })
})

describe('affinity', () => {
  it('is off as the site is deployed: no cookie is set, and one that is sent changes nothing', async () => {
    const platform = await startTestPlatform({ instances: 2 })
    const [first] = platform.instances('production')
    const browser = browserOf(platform)
    expect(new Set(await repeat(4, browser))).toEqual(new Set(platform.instances('production')))
    expect(browser.cookies).toEqual([])
    const headers = { cookie: `ARRAffinity=${first}` }
    expect(new Set(await repeat(4, () => whoAnswers(platform, headers))).size).toBe(2)
  })

  it('keeps a client on one instance', async () => {
    const platform = await startPinned(3)
    const browser = browserOf(platform)
    expect(new Set(await repeat(6, browser)).size).toBe(1)
    expect(browser.cookies.map((cookie) => cookie.split('=')[0])).toEqual(['ARRAffinity', 'ARRAffinitySameSite'])
    // A client without cookies, as most programs are, is still sent to all instances in turn.
    expect(new Set(await repeat(3, () => whoAnswers(platform))).size).toBe(3)
  })

  it('fails every request of a client whose instance died, while others lose only every second one', async () => {
    const platform = await startPinned(2)
    const browser = browserOf(platform)
    const first = await browser()
    await platform.kill('production', first)
    expect(await repeat(4, () => statusOf(platform, browser.headers()))).toEqual([502, 502, 502, 502])
    expect((await repeat(4, () => statusOf(platform))).filter((status) => status === 200)).toHaveLength(2)
    // Once the health check takes the instance out, the client gets another one. State in the old one is lost.
    await pings(platform, 2)
    const second = await browser()
    expect(second).not.toBe(first)
    expect(await browser()).toBe(second)
  })

  function startPinned(instances: number): Promise<TestPlatform> {
    const snapshot = editedSnapshot('Microsoft.Web/sites', (properties) => {
      properties['clientAffinityEnabled'] = true
    })
    return startTestPlatform({ instances, snapshot })
  }

  /** Sends back the cookies that it was given. */
  function browserOf({ productionUrl }: TestPlatform) {
    let cookies: readonly string[] = []
    const headers = () => ({ cookie: cookies.map((cookie) => cookie.split(';')[0]).join('; ') })
    const ask = async () => {
      const response = await fetch(`${productionUrl}/health`, { headers: headers() })
      if (response.headers.getSetCookie().length > 0) cookies = response.headers.getSetCookie()
      return ((await response.json()) as { instance: string }).instance
    }
    return Object.defineProperty(Object.assign(ask, { headers, cookies }), 'cookies', { get: () => cookies })
  }
})

async function whoAnswers({ productionUrl }: TestPlatform, headers: Record<string, string> = {}): Promise<string> {
  return ((await (await fetch(`${productionUrl}/health`, { headers })).json()) as { instance: string }).instance
}

async function statusOf({ productionUrl }: TestPlatform, headers: Record<string, string> = {}): Promise<number> {
  const response = await fetch(productionUrl, { headers })
  await response.text()
  return response.status
}

/** Waits for this many pings of the health check. They end before a rule is evaluated a minute later. */
async function pings(platform: TestPlatform, count: number): Promise<void> {
  for (let minute = 0; minute <= count; minute++) {
    await platform.clock.advance(MINUTE_MS)
    await fetch(platform.stagingUrl)
  }
}

/** Sends requests one after another, so that the front door's turns are known. */
async function repeat<T>(times: number, once: () => Promise<T>): Promise<T[]> {
  const results: T[] = []
  for (let turn = 0; turn < times; turn++) results.push(await once())
  return results
}
