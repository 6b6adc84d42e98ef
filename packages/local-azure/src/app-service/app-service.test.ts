import { describe, expect, it } from 'vitest'
import { startTestPlatform } from '../../test/support/start-test-platform.ts'
import { swapByHand } from '../../test/support/swap-by-hand.ts'

describe('a swap', () => {
  it('keeps sticky settings in their slot and moves the others', async () => {
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

  it.each([124_000, 0])('takes %i ms of rule time, whatever the processes of this machine need', async (swapMs) => {
    const platform = await startTestPlatform({ swapMs })
    await platform.promote()
    const at = (kind: string) => platform.events.find((event) => event.kind === kind)!.at
    expect([at('swap routed') - at('swap started'), at('swap done') - at('swap started')]).toEqual([swapMs, swapMs])
  })

  it('restarts both releases, so that a fault in memory is gone', async () => {
    const platform = await startTestPlatform()
    await fetch(`${platform.productionUrl}/break`)
    await platform.promote()
    expect((await fetch(`${platform.stagingUrl}/health/ready`)).status).toBe(200)
  })

  it('lets the old process finish a streaming response', async () => {
    const platform = await startTestPlatform()
    const response = await fetch(`${platform.productionUrl}/stream`)
    await platform.promote()
    expect(await platform.release('production')).toBe('v2')
    const text = await response.text()
    expect(text).toMatch(/^from v1\n/)
    expect(text).toMatch(/end of v1\n$/)
  })

  it('loses no request that comes during the swap', async () => {
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

  it('is aborted when the candidate fails the configured warm-up, and production keeps running', async () => {
    const platform = await startTestPlatform({
      environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2', BROKEN_AFTER_RESTART: 'production' } },
    })
    await expect(platform.promote()).rejects.toThrow('the candidate responded to /health/ready with 503')
    expect(await platform.release('production')).toBe('v1')
    expect(await platform.release('staging')).toBe('v2')
  })

  it('accepts any status of the warm-up where no statuses are configured', async () => {
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

  it('is aborted when the candidate does not start', async () => {
    const platform = await startTestPlatform({
      environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2', CRASHES_IN: 'production' } },
    })
    await expect(platform.promote()).rejects.toThrow('the candidate did not start')
    expect(await platform.release('production')).toBe('v1')
  })
})

describe('the front door', () => {
  it('responds with 502 if the process is dead, and counts it as a server error', async () => {
    const platform = await startTestPlatform()
    await platform.kill('production')
    await platform.use(6)
    expect((await fetch(platform.productionUrl)).status).toBe(502)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'alert fired'))
  })

  it('does not count failures in staging against production', async () => {
    const platform = await startTestPlatform()
    await fetch(`${platform.stagingUrl}/break`)
    for (let sent = 0; sent < 10; sent++) await fetch(platform.stagingUrl)
    const evaluations = () => platform.events.filter(({ kind }) => kind === 'alert evaluated').length
    await platform.until(() => evaluations() > 10)
    expect(platform.events.some(({ kind }) => kind === 'alert fired')).toBe(false)
  })

  it('passes on the first line of a stream before the last one is written', async () => {
    const platform = await startTestPlatform()
    const response = await fetch(`${platform.productionUrl}/stream`)
    const reader = response.body!.getReader()
    const { value } = await reader.read()
    expect(new TextDecoder().decode(value)).toBe('from v1\n')
    await reader.cancel()
  })
})

it('the error for a process that does not start shows why', async () => {
  const environment = { production: { CRASHES_IN: 'production' } }
  await expect(startTestPlatform({ environment })).rejects.toThrow('CRASHES_IN is set')
})

async function environment(url: string): Promise<Record<string, string>> {
  return (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
}
