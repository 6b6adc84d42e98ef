import { describe, expect, test } from 'vitest'
import { startTestPlatform } from '../test/start-test-platform.ts'

describe('an agent that fails in production', () => {
  test('is replaced by the last known good release, by way of alert, action group, workflow and swap', async () => {
    const platform = await startTestPlatform()
    await platform.promote()
    expect(await platform.release('production')).toBe('v2')

    await fetch(`${platform.productionUrl}/break`)
    await platform.use(6)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'run ended'))

    expect(await platform.release('production')).toBe('v1')
    expect(platform.runs).toHaveLength(1)
    expect(platform.runs[0]).toMatchObject({ status: 'Succeeded', actions: { Healed: { status: 'Succeeded' } } })
    expect(platform.events.filter(({ kind }) => kind === 'swap done')).toHaveLength(2)
  })
})
