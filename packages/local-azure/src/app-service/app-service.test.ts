import { describe, expect, it } from 'vitest'
import { startTestPlatform } from '../../test/support/start-test-platform.ts'
import { swapByHand } from '../../test/support/swap-by-hand.ts'

describe('a swap', () => {
  it('leaves sticky settings in their place and lets the others travel', async () => {
    const platform = await startTestPlatform({
      environment: {
        production: { RELEASE: 'v1', PRIMARY_MODEL: 'model-of-v1', SLOT_NAME: 'production' },
        staging: { RELEASE: 'v2', PRIMARY_MODEL: 'model-of-v2', SLOT_NAME: 'staging' },
      },
    })
    await platform.promote()

    expect(await environment(platform.productionUrl)).toMatchObject({
      RELEASE: 'v2',
      PRIMARY_MODEL: 'model-of-v2',
      SLOT_NAME: 'production',
    })
    expect(await environment(platform.stagingUrl)).toMatchObject({
      RELEASE: 'v1',
      PRIMARY_MODEL: 'model-of-v1',
      SLOT_NAME: 'staging',
    })
  })

  it('starts both releases anew, so that what was wrong in memory only is gone', async () => {
    const platform = await startTestPlatform()
    await fetch(`${platform.productionUrl}/break`)
    await platform.promote()
    expect((await fetch(`${platform.stagingUrl}/health/ready`)).status).toBe(200)
  })

  it('lets a streaming answer of the old process come to its end', async () => {
    const platform = await startTestPlatform()
    const response = await fetch(`${platform.productionUrl}/stream`)
    await platform.promote()
    expect(await platform.release('production')).toBe('v2')
    const text = await response.text()
    expect(text).toMatch(/^from v1\n/)
    expect(text).toMatch(/end of v1\n$/)
  })

  it('loses none of the requests that come while it happens', async () => {
    const platform = await startTestPlatform()
    const statuses: number[] = []
    let isSwapping = true
    const load = (async () => {
      while (isSwapping) {
        const answers = await Promise.all(Array.from({ length: 5 }, () => fetch(platform.productionUrl)))
        statuses.push(...answers.map(({ status }) => status))
        await Promise.all(answers.map((answer) => answer.text()))
      }
    })()
    await platform.promote()
    isSwapping = false
    await load
    expect(statuses.length).toBeGreaterThan(20)
    expect(new Set(statuses)).toEqual(new Set([200]))
  })

  it('is given up when the candidate fails the configured warm-up, and production keeps running', async () => {
    const platform = await startTestPlatform({
      environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2', BROKEN_AFTER_RESTART: 'production' } },
    })
    await expect(platform.promote()).rejects.toThrow('the candidate answered /health/ready with 503')
    expect(await platform.release('production')).toBe('v1')
    expect(await platform.release('staging')).toBe('v2')
  })

  it('takes any answer for a healthy candidate where no statuses are configured', async () => {
    const platform = await startTestPlatform({
      environment: {
        production: { RELEASE: 'v1', WEBSITE_SWAP_WARMUP_PING_STATUSES: '503' },
        staging: { RELEASE: 'v2', BROKEN_AFTER_RESTART: 'production' },
      },
    })
    await swapByHand(platform, 'staging')
    expect(platform.events.find(({ kind }) => kind === 'swap warmed')).toMatchObject({ status: 503 })
    expect(await platform.release('production')).toBe('v2')
  })

  it('is given up when the candidate does not start', async () => {
    const platform = await startTestPlatform({
      environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2', CRASHES_IN: 'production' } },
    })
    await expect(platform.promote()).rejects.toThrow('the candidate did not start')
    expect(await platform.release('production')).toBe('v1')
  })
})

describe('the front door', () => {
  it('answers 502 where the process is dead, and counts it as a server error', async () => {
    const platform = await startTestPlatform()
    await platform.kill('production')
    await platform.use(6)
    expect((await fetch(platform.productionUrl)).status).toBe(502)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'alert fired'))
  })

  it('does not count what fails on staging against production', async () => {
    const platform = await startTestPlatform()
    await fetch(`${platform.stagingUrl}/break`)
    for (let sent = 0; sent < 10; sent++) await fetch(platform.stagingUrl)
    const evaluations = () => platform.events.filter(({ kind }) => kind === 'alert evaluated').length
    await platform.until(() => evaluations() > 10)
    expect(platform.events.some(({ kind }) => kind === 'alert fired')).toBe(false)
  })

  it('gives a stream its first line before the last one is written', async () => {
    const platform = await startTestPlatform()
    const response = await fetch(`${platform.productionUrl}/stream`)
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toBe('from v1\n')
    await reader.cancel()
  })
})

it('a process that does not start says why', async () => {
  const environment = { production: { CRASHES_IN: 'production' } }
  await expect(startTestPlatform({ environment })).rejects.toThrow('CRASHES_IN is set')
})

async function environment(url: string): Promise<Record<string, string>> {
  return (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
}
