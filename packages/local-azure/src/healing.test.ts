import { describe, expect, it } from 'vitest'
import { alert, post, runsEnded, send, settled, swaps } from '../test/support/alerts.ts'
import { editedSnapshot } from '../test/support/edited-snapshot.ts'
import { startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'
import { story } from '../test/support/story.ts'
import { swapByHand } from '../test/support/swap-by-hand.ts'

describe('an agent that fails in production', () => {
  it('is replaced by the last known good release, through alert, action group, workflow and swap', async () => {
    const platform = await promoted()
    expect(await platform.release('production')).toBe('v2')

    await failInProduction(platform)
    // The rule fires again during the swap. The runs after the one that heals have nothing to do.
    const healing = () => platform.runs.find(({ status, actions }) => status === 'Succeeded' && actions['Healed'])
    await platform.until(() => healing() !== undefined)

    expect(await platform.release('production')).toBe('v1')
    expect(healing()?.actions['Healed']).toMatchObject({ outputs: 'Production is back on release v1 and healthy.' })
    expect(swaps(platform)).toBe(2)
  })

  it('stays healed while the alert continues, and when it resolves', async () => {
    const platform = await promoted()
    await failInProduction(platform)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'alert resolved'))

    expect(platform.runs.length).toBeGreaterThan(1)
    expect(runsThatDidNotSucceed(platform)).toEqual([])
    expect(lastRun(platform)?.actions['Why_not_armed']?.outputs).toContain('nothing to heal')
    expect(await platform.release('production')).toBe('v1')
    expect(swaps(platform)).toBe(2)
  })

  it('is not swapped back by a second rule that fired for the same incident', async () => {
    const platform = await promoted()
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    await post(platform, 'Fired')
    await runsEnded(platform, 2)

    expect(lastRun(platform)).toMatchObject({ status: 'Succeeded' })
    expect(lastRun(platform)?.actions['Why_not_armed']?.outputs).toContain('nothing to heal')
    expect(await platform.release('production')).toBe('v1')
    expect(swaps(platform)).toBe(2)
  })

  it('is swapped once when two alerts fire at the same moment', async () => {
    const platform = await promoted()
    await Promise.all([post(platform, 'Fired'), post(platform, 'Fired')])
    await runsEnded(platform, 2)

    expect(runsThatDidNotSucceed(platform)).toEqual([])
    expect(swaps(platform)).toBe(2)
  })
})

describe('an alert that is long and comes five times', () => {
  it('heals once, although an action group retries a call whose response it missed', async () => {
    const platform = await promoted()
    const long = alert('Fired', { windowStartTime: new Date(platform.now() - 5 * 60_000).toISOString() })
    const body = JSON.stringify({ ...long, data: { ...long.data, customProperties: { note: 'x'.repeat(10_000) } } })
    const answers = await Promise.all(Array.from({ length: 5 }, () => send(platform.callbackUrl, body)))
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202])
    await runsEnded(platform, 5)
    expect(swaps(platform)).toBe(2)
    expect(runsThatDidNotSucceed(platform)).toEqual([])
  })
})

it.each([
  ['returns the site as it was before', 200],
  ['does not know the result of the swap, nor the site,', 404],
])('a heal is complete though Azure %s for a moment', async (_, status) => {
  let before: unknown
  let answers = 3
  let platform: TestPlatform | undefined
  platform = await promoted({
    swapMs: 60_000,
    armFault: ({ method, path }) => {
      const isAfter = platform?.events.filter(({ kind }) => kind === 'swap started').length === 2
      const isMeant =
        method === 'GET' && (path === platform?.siteId || (status === 404 && path.includes('/operationresults/')))
      return isAfter && isMeant && answers-- > 0 ? { status, body: before } : undefined
    },
  })
  const headers = { authorization: `Bearer ${platform.operatorToken()}` }
  before = await (await fetch(`${platform.armUrl}${platform.siteId}?api-version=2024-04-01`, { headers })).json()
  await post(platform, 'Fired')
  await runsEnded(platform, 1)
  expect(lastRun(platform)).toMatchObject({ status: 'Succeeded', actions: { Healed: { status: 'Succeeded' } } })
  expect(answers).toBeLessThan(1)
})

describe('the healer changes nothing and ends quietly', () => {
  it('when there was no promotion; people are called by a rule of their own', async () => {
    const platform = await startTestPlatform()
    await failInProduction(platform)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'person called'))
    await expectQuiet(platform, 'Why_not_armed', 0)
    expect(calledFor(platform)).toEqual([expect.stringContaining('http5xx-people')])
  })

  it('when production fails after it was healed; people are called', async () => {
    const platform = await promoted()
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    await failInProduction(platform)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'person called'))
    await expectQuiet(platform, 'Why_not_armed', 2)
  })

  it('when someone swapped by hand after the promotion', async () => {
    const platform = await promoted()
    await swapByHand(platform)
    await post(await settled(platform), 'Fired')
    await expectQuiet(platform, 'Why_not_armed', 2)
  })

  it('when the promotion is too old to be the cause', async () => {
    const platform = await promoted()
    await platform.clock.advance(121 * 60_000)
    await post(platform, 'Fired')
    await expectQuiet(platform, 'Why_too_old', 1)
  })

  it('when the alert comes long after the failure that it is about', async () => {
    const platform = await promoted()
    await platform.clock.advance(35 * 60_000)
    await post(platform, 'Fired', { windowMs: 33 * 60_000 })
    await expectQuiet(platform, 'Why_not_this_release', 1)
  })

  it.each([
    ['has no window', {}],
    ['has a window that begins in the future', { windowStartTime: '2126-01-05T09:00:00Z' }],
    ['names no rule that it knows', { rule: 'another', windowStartTime: '2026-01-05T08:00:00Z' }],
  ])('when the alert %s', async (_, about) => {
    const platform = await promoted()
    await send(platform.callbackUrl, JSON.stringify(alert('Fired', about)))
    await expectQuiet(platform, 'Why_not_this_release', 1)
  })
})

describe('the healer changes nothing and calls a person', () => {
  it('when the window of the alert is not a time', async () => {
    const platform = await promoted()
    await send(platform.callbackUrl, JSON.stringify(alert('Fired', { windowStartTime: 'yesterday' })))
    await platform.until(() => lastRun(platform)?.status === 'Failed')
    expect(swaps(platform)).toBe(1)
  })

  it('when the candidate slot holds another build by now', async () => {
    const platform = await promoted()
    await platform.deploy('staging', { RELEASE: 'v3' })
    await post(platform, 'Fired')
    await expectRefusal(platform, 'CandidateIsAnotherRelease', 1)
  })

  it('when the candidate fails its own test task', async () => {
    const platform = await promoted()
    await fetch(`${platform.stagingUrl}/break`)
    await post(platform, 'Fired')
    await expectRefusal(platform, 'CandidateUnhealthy', 1)
  })

  it('when the process of the candidate is dead', async () => {
    const platform = await promoted()
    await platform.kill('staging')
    await post(platform, 'Fired')
    await expectRefusal(platform, 'CandidateUnreachable', 1)
  })

  it('when the candidate does not survive the warm-up of the swap', async () => {
    const platform = await promoted()
    await platform.deploy('staging', { RELEASE: 'v1', BROKEN_AFTER_RESTART: 'production' })
    await post(platform, 'Fired')
    await expectRefusal(platform, 'SwapDidNotComplete', 1)
    expect(await platform.release('production')).toBe('v2')
    expect(await platform.release('staging')).toBe('v1')
  })

  it('when ARM throttles the swap, which is never sent again', async () => {
    let sent = 0
    const platform = await promoted({
      armFault: ({ path }) => {
        if (!path.endsWith('/slotsswap')) return undefined
        sent += 1
        return sent > 1 ? { status: 429 } : undefined
      },
    })
    await post(platform, 'Fired')
    await expectRefusal(platform, 'SwapNotAccepted', 1)
    expect(sent).toBe(2)
  })

  it.each([
    'Microsoft.Web/sites/read',
    'Microsoft.Web/sites/slots/slotsswap/action',
    'Microsoft.Web/sites/slots/operationresults/read',
  ])('when its role lacks %s', async (action) => {
    const snapshot = editedSnapshot('Microsoft.Authorization/roleDefinitions', (role) => {
      const [permission] = role['permissions'] as [{ actions: string[] }]
      permission.actions = permission.actions.filter((allowed) => allowed !== action)
    })
    // A swap that is not over when its result cannot be read.
    const platform = await promoted({ snapshot, swapMs: 124_000 })
    await post(platform, 'Fired')
    await platform.until(() => lastRun(platform)?.status === 'Failed')
    const answers = Object.values(lastRun(platform)?.actions ?? {}).map(({ code }) => code)
    expect(answers).toContain('Forbidden')
  })
})

describe('the signed address of the healer', () => {
  it('refuses a forged signature, a truncated body and a body that is not an alert, and starts no run', async () => {
    const platform = await promoted()
    const forged = platform.callbackUrl.replace(/sig=.{4}/, 'sig=AAAA')
    const whole = JSON.stringify(alert('Fired'))

    expect((await send(forged, whole)).status).toBe(401)
    expect((await send(platform.callbackUrl.split('?')[0]!, whole)).status).toBe(401)
    expect((await send(platform.callbackUrl, whole.slice(0, -40))).status).toBe(400)
    expect((await send(platform.callbackUrl, '')).status).toBe(400)
    expect((await send(platform.callbackUrl, '{"monitorCondition":"Fired"}')).status).toBe(400)
    expect((await send(platform.callbackUrl, JSON.stringify(alert('fired')))).status).toBe(400)
    expect((await send(platform.callbackUrl, 'x'.repeat(10_000))).status).toBe(400)
    expect((await send(platform.callbackUrl, JSON.stringify({ data: 'x'.repeat(10_000) }))).status).toBe(400)
    expect((await send(platform.callbackUrl, 'x'.repeat(2_000_000))).status).toBe(413)
    const refused = await send(platform.callbackUrl, whole.slice(0, -40))
    expect(await refused.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
    expect(platform.runs).toEqual([])
  })

  it('responds at once, before the run has ended', async () => {
    const platform = await promoted()
    const response = await send(platform.callbackUrl, JSON.stringify(alert('Fired')))
    expect(response.status).toBe(202)
    expect(platform.runs[0]?.status).toBe('Running')
    await platform.until(() => lastRun(platform)?.status === 'Succeeded')
  })

  it('keeps secrets out of the history of runs', async () => {
    const platform = await promoted()
    await post(platform, 'Fired')
    await platform.until(() => lastRun(platform)?.status === 'Succeeded')
    expect(JSON.stringify(platform.runs)).not.toContain('monitorCondition')
    expect(JSON.stringify(platform.runs)).not.toContain('subscriptions/')
  })
})

async function promoted(options: Parameters<typeof startTestPlatform>[0] = {}): Promise<TestPlatform> {
  const platform = await startTestPlatform(options)
  await platform.promote()
  return settled(platform)
}

async function failInProduction(platform: TestPlatform): Promise<void> {
  await fetch(`${platform.productionUrl}/break`)
  await platform.use(6)
}

async function expectRefusal(platform: TestPlatform, code: string, swapsBefore: number): Promise<void> {
  await platform.until(() => lastRun(platform)?.endedAt !== undefined)
  expect(lastRun(platform)).toMatchObject({ status: 'Failed', error: { code } })
  expect(swaps(platform)).toBe(swapsBefore)
}

async function expectQuiet(platform: TestPlatform, why: string, swapsBefore: number): Promise<void> {
  await platform.until(() => lastRun(platform)?.endedAt !== undefined)
  expect(lastRun(platform)).toMatchObject({ status: 'Succeeded', actions: { [why]: { status: 'Succeeded' } } })
  expect(swaps(platform)).toBe(swapsBefore)
}

function calledFor(platform: TestPlatform): string[] {
  return platform.events.flatMap((event) => (event.kind === 'person called' ? [event.rule] : []))
}

/** With why, and what happened before. */
function runsThatDidNotSucceed({ runs, events }: TestPlatform) {
  const failed = runs.filter(({ status }) => status !== 'Succeeded').map(({ status, error }) => ({ status, error }))
  return failed.length === 0 ? [] : [...failed, story(events)]
}

function lastRun(platform: TestPlatform) {
  return platform.runs.at(-1)
}
