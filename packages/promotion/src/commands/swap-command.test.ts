import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { sourceArguments } from 'command-line/source-arguments'
import { localWebApp, ManualClock, type Platform, startPlatform } from 'local-azure'
import { describe, expect, it, onTestFinished } from 'vitest'
import { checkHints } from '../../../llmops-middleware/test/pages/hints.ts'
import { promote } from '../promote.ts'
import { planSwap } from '../swap-plan.ts'

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url))
const SNAPSHOT = fileURLToPath(new URL('../../../../infra/main.snapshot.json', import.meta.url))
const APP = fileURLToPath(import.meta.resolve('test-support/test-app'))

describe('pnpm promote', () => {
  it('swaps the candidate into production, verifies it, and arms the healer for this swap', async () => {
    const platform = await start()
    const { code, stdout, stderr } = await run(platform, 'promote', '--yes', '--json')
    expect(stderr).toContain('The healer is armed: it would go back to v1.')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      swapped: true,
      production: { slot: 'production', release: 'v2' },
      candidate: { slot: 'staging', release: 'v1' },
      isArmed: true,
    })
    expect(await releases(platform)).toEqual(['v2', 'v1'])

    await fetch(`${platform.productionUrl}/break`)
    await fetch(platform.callbackUrl, { method: 'POST', body: JSON.stringify(firedAlert) })
    await healed(platform)
    expect(await releases(platform)).toEqual(['v1', 'v2'])
  })

  it('watches production with --watch, shows what the rules read, and swaps nothing', async () => {
    const platform = await start()
    const well = await run(platform, 'promote', '--watch', '1s')
    expect([well.code, well.stderr]).toEqual([
      0,
      expect.stringContaining('Since it took over: 0 tasks (100.0%), 0 tool calls.'),
    ])
    const outcomes = encodeURIComponent('{"tasks":10,"taskSuccess":0.7}')
    await fetch(`${platform.productionUrl}/outcomes?are=${outcomes}`)
    const ill = await run(platform, 'promote', '--watch', '10m')
    expect([ill.code, ill.stderr]).toEqual([
      1,
      expect.stringContaining('70.0% of 10 tasks succeeded. Nothing was swapped'),
    ])
    await fetch(`${platform.productionUrl}/break`)
    expect((await run(platform, 'promote', '--watch', '10m')).code).toBe(1)
    expect((await run(platform, 'promote', '--watch', 'soon')).stderr).toContain('10m')
    expect(swapsOf(platform)).toBe(0)
  })

  it('shows the rules that fire, and says so when none does', async () => {
    const platform = await start()
    expect((await run(platform, 'promote', '--dry-run')).stderr).toContain('no rule fires')
    await fetch(`${platform.productionUrl}/break`)
    for (let asked = 0; asked < 6; asked++) await fetch(platform.productionUrl)
    const isCalled = () => platform.events.some(({ kind }) => kind === 'person called')
    while (!isCalled()) await platform.clock.advance(60_000)
    const { stderr } = await run(platform, 'promote', '--dry-run')
    expect(stderr).toMatch(/rules that fire now: alert-http5xx-people-app-agent-\w+\n/)
  })

  it('shows a rule that fires though alerts of the rules for the healer fill the first page', async () => {
    const nextLink = `https://management.azure.com/subscriptions/page-2`
    const alertsOf = (rule: string) => [
      { properties: { essentials: { alertRule: `/metricAlerts/alert-${rule}-app-agent-1` } } },
    ]
    const platform = await start({}, ({ path }) => {
      if (path.endsWith('/alerts')) return { status: 200, body: { value: alertsOf('http5xx'), nextLink } }
      if (path.endsWith('/page-2')) return { status: 200, body: { value: alertsOf('unhealthy-people'), nextLink: '' } }
      return undefined
    })
    const { stderr } = await run(platform, 'promote', '--dry-run')
    expect(stderr).toContain('rules that fire now: alert-unhealthy-people-app-agent-1\n')
  })

  it('changes nothing with --dry-run, and says as JSON what it would swap', async () => {
    const platform = await start()
    const { code, stdout } = await run(platform, 'promote', '--dry-run', '--json')
    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({
      swapped: false,
      production: { slot: 'production', release: 'v1' },
      candidate: { slot: 'staging', release: 'v2' },
      differences: ['AppSetting RELEASE'],
    })
    expect(swapsOf(platform)).toBe(0)
  })

  it.each([
    ['a slot that does not exist', ['--slot', 'blue'], /does not know the slot blue of app-agent-\w+; check/],
    ['a site that does not exist', ['--site', 'shop'], /does not know the .*shop; check --site/],
    [
      'a group that does not exist',
      ['--resource-group', 'rg'],
      /resource group of .* does not exist; check --resource-group/,
    ],
    ['another subscription', ['--subscription', 'b'], /cannot see the subscription of .*; check --subscription/],
  ])('refuses %s', async (_, options, sentence) => {
    const platform = await start()
    await expectRefusal(platform, ['promote', '--yes', ...options], sentence)
  })

  it('refuses a candidate that fails its test task', async () => {
    const platform = await start()
    await fetch(`${platform.stagingUrl}/break`)
    await expectRefusal(platform, ['promote', '--yes'], /Release v2 in staging fails its test task.*deploy one that/)
  })

  it('refuses when there is nothing to swap to', async () => {
    const platform = await start({ staging: { RELEASE: 'v1' } })
    await expectRefusal(platform, ['promote', '--yes'], /Both slots.*release v1.*nothing to swap to; deploy/)
  })

  it('refuses a candidate that does not answer', async () => {
    const platform = await start()
    await platform.kill('staging')
    await expectRefusal(platform, ['promote', '--yes'], /names no release.*deploy one/)
  })

  it('refuses while another operation never ends', async () => {
    const platform = await start({}, ({ path }) => (isSwap(path) ? { status: 409, body: busy } : undefined))
    await expectRefusal(platform, ['promote', '--yes'], /Another operation, most likely a swap, is running.*wait/)
  })

  it.each([
    ['the site is free', [409, 409]],
    ['the role to swap has arrived', [403, 401]],
  ])('waits until %s, says so, and swaps once', async (_, refusals) => {
    const platform = await start({}, ({ path }) => {
      const status = isSwap(path) ? refusals.shift() : undefined
      return status === undefined ? undefined : { status, body: busy }
    })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect([code, stderr]).toEqual([0, expect.stringContaining('Nothing was begun; it is sent again')])
    expect(swapsOf(platform)).toBe(1)
  })

  it('does not swap over another swap that kept the site busy', async () => {
    const platform = await start({}, async ({ path }) => {
      if (!isSwap(path) || swapsOf(platform) > 0) return undefined
      await sendSwap(platform)
      await swapDone(platform)
      return { status: 409, body: busy }
    })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/were swapped by another process .*Run the command again/),
    ])
    expect(swapsOf(platform)).toBe(1)
  })

  it('does not swap over another swap before the answer to its question', async () => {
    const platform = await start()
    const app = await localWebApp({ armUrl: platform.armUrl })
    const plan = await planSwap(app)
    await sendSwap(platform)
    await swapDone(platform)
    await expect(promote(app, plan)).rejects.toThrow(/were swapped by another process .*Run the command again/)
    expect(swapsOf(platform)).toBe(1)
  })

  it('arms the healer though the site is still busy with the swap', async () => {
    const refusals = [undefined, 409, 401]
    const platform = await start({}, ({ method }) => {
      const status = method === 'PATCH' ? refusals.shift() : undefined
      return status === undefined ? undefined : { status, body: busy }
    })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect([code, stderr]).toEqual([0, expect.stringContaining('The healer is armed')])
  })

  it.each([
    ['the swap is waited for', 'GET', '/operationresults/'],
    ['the site is read after it', 'GET', '/sites/app-agent-'],
    ['the tags are written', 'PATCH', '/tags/default'],
  ])('arms the healer though Azure throttles and fails for a moment while %s', async (_, ofMethod, part) => {
    const failures = [503, 429, 500]
    const platform = await start({}, ({ method, path }) => {
      const isMeant = swapsOf(platform) > 0 && method === ofMethod && path.includes(part)
      const status = isMeant ? failures.shift() : undefined
      return status === undefined ? undefined : { status, body: {} }
    })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect([code, stderr]).toEqual([0, expect.stringContaining('The healer is armed')])
    expect(failures).toEqual([])
    expect(swapsOf(platform)).toBe(1)
  })

  it('arms the healer though Azure returns the site as it was before for a moment after the swap', async () => {
    let before: unknown
    let stale = 2
    const platform = await start({}, ({ method, path }) => {
      const isStale = method === 'GET' && path === platform.siteId && swapsOf(platform) > 0 && stale-- > 0
      return isStale ? { status: 200, body: before } : undefined
    })
    const headers = { authorization: `Bearer ${platform.operatorToken()}` }
    before = await (await fetch(`${platform.armUrl}${platform.siteId}?api-version=2024-04-01`, { headers })).json()
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect([code, stderr]).toEqual([0, expect.stringContaining('The healer is armed')])
    expect(stale).toBeLessThan(1)
  })

  it('sends a swap once, whatever Azure answers', async () => {
    let sent = 0
    const platform = await start({}, ({ path }) => {
      if (!isSwap(path)) return undefined
      sent++
      return { status: 503, body: {} }
    })
    expect((await run(platform, 'promote', '--yes')).code).toBe(2)
    expect(sent).toBe(1)
  })

  it('refuses who may not write the tags, before anything is swapped', async () => {
    const denied = { error: { code: 'AuthorizationFailed', message: 'The client may not perform tags/write.' } }
    const platform = await start({}, ({ method }) => (method === 'PATCH' ? { status: 403, body: denied } : undefined))
    await expectRefusal(platform, ['promote', '--yes'], /lacks a right at the tags of app-agent.*Tag Contributor/)
  })

  it('says with exit code 1 that the healer could not be armed after the swap', async () => {
    let patches = 0
    const platform = await start({}, ({ method }) =>
      method === 'PATCH' && ++patches >= 2 ? { status: 500, body: {} } : undefined,
    )
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect(stderr).toContain('The slots were swapped and the healer is not armed')
    expect(code).toBe(1)
  })

  it('says that production fails after the swap, with exit code 1, and leaves the healer disarmed', async () => {
    const broken = { RELEASE: 'v2', BROKEN_AFTER_RESTART: 'production' }
    const platform = await start({
      production: { RELEASE: 'v1', WEBSITE_SWAP_WARMUP_PING_STATUSES: '503' },
      staging: broken,
    })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect(stderr).toContain('does not pass its test task as release v2.')
    expect(await checkHints(stderr)).toEqual([`npx --yes pnpm@12 rollback --local ${platform.armUrl}`])
    expect(code).toBe(1)
  })

  it('says that a swap did not complete, with exit code 1, and why', async () => {
    const platform = await start({ staging: { RELEASE: 'v2', CRASHES_IN: 'production' } })
    const { code, stderr } = await run(platform, 'promote', '--yes')
    expect(stderr).toMatch(/was accepted but did not complete: .*the candidate did not start/s)
    expect(code).toBe(1)
    expect(await releases(platform)).toEqual(['v1', 'v2'])
  })

  it('requires --yes where no question can be asked', async () => {
    const platform = await start()
    await expectRefusal(platform, ['promote'], /There is no terminal to ask for confirmation: add --yes/)
  })
})

describe('pnpm rollback', () => {
  it('shows both slots and what differs, swaps them back, and disarms the healer', async () => {
    const platform = await start({ staging: { RELEASE: 'v2', PRIMARY_MODEL: 'gpt-next' } })
    await platform.promote()
    await platform.clock.advance(1000)
    const { code, stdout, stderr } = await run(platform, 'rollback', '--yes', '--json')
    expect(code).toBe(0)
    const printed = JSON.parse(stdout)
    expect(printed).toMatchObject({ production: { release: 'v1' }, candidate: { release: 'v2' }, isArmed: false })
    expect(stderr).toMatch(/production {2}v2 .*\n.*staging {5}v1 /)
    expect(stderr).toContain('AppSetting PRIMARY_MODEL')
    expect(stderr).not.toContain('gpt-next')
    expect(await releases(platform)).toEqual(['v1', 'v2'])

    const again = JSON.parse((await run(platform, 'rollback', '--dry-run', '--json')).stdout)
    expect(again).toMatchObject({ isArmed: false, lastSwap: printed.lastSwap })
  })
})

describe('without the local platform', () => {
  it('says that there is no login', async () => {
    const where = ['--subscription', 'a', '--resource-group', 'rg', '--site', 'app']
    const { code, stderr } = await runMain(['promote', '--yes', ...where])
    expect(code).toBe(2)
    expect(stderr).toContain('There is no login to Azure: run `az login` or `azd auth login`')
  })

  it('says which option is missing', async () => {
    const { code, stderr } = await runMain(['rollback'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/No --subscription was given.*AZURE_SUBSCRIPTION_ID; add --subscription/)
  })

  it('takes what azd wrote down for what is not given', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'azd-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    mkdirSync(join(folder, '.azure', 'shop'), { recursive: true })
    writeFileSync(join(folder, '.azure', 'config.json'), '{"defaultEnvironment":"shop"}')
    const written = 'AZURE_SUBSCRIPTION_ID="a"\nAZURE_RESOURCE_GROUP="rg-shop"\n'
    writeFileSync(join(folder, '.azure', 'shop', '.env'), written)
    const { stderr } = await runMain(['rollback'], folder)
    expect(stderr).toContain('No --site was given')
  })

  it('takes what azd wrote down for the environment of AZURE_ENV_NAME, which azd uses rather than the default', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'azd-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    for (const name of ['test', 'live']) mkdirSync(join(folder, '.azure', name), { recursive: true })
    writeFileSync(join(folder, '.azure', 'config.json'), '{"defaultEnvironment":"test"}')
    writeFileSync(join(folder, '.azure', 'test', '.env'), 'AZURE_SUBSCRIPTION_ID="a"\n')
    writeFileSync(join(folder, '.azure', 'live', '.env'), '')
    expect((await runMain(['promote'], folder)).stderr).toContain('No --resource-group was given')
    expect((await runMain(['promote'], folder, { AZURE_ENV_NAME: 'live' })).stderr).toContain(
      'No --subscription was given',
    )
  })

  it('says that no platform answers at an address', async () => {
    const { code, stderr } = await runMain(['promote', '--local', 'http://127.0.0.1:1'])
    expect(code).toBe(2)
    expect(stderr).toMatch(/No local platform answers at http:\/\/127\.0\.0\.1:1; start one with/)
    expect(await checkHints(stderr)).toEqual(['npx --yes pnpm@12 drill --keep'])
  })
})

const essentials = {
  alertId: '1',
  alertRule: 'a test',
  monitorCondition: 'Fired',
  firedDateTime: new Date().toISOString(),
}
const firedAlert = { schemaId: 'azureMonitorCommonAlertSchema', data: { essentials } }

const busy = { error: { code: 'Conflict', message: 'another operation is in progress' } }

function isSwap(path: string): boolean {
  return path.endsWith('/slots/staging/slotsswap')
}

/** Asks for a swap as somebody else would, from the other side. */
async function sendSwap(platform: Platform): Promise<void> {
  await fetch(`${platform.armUrl}${platform.siteId}/slotsswap?api-version=2024-04-01`, {
    method: 'POST',
    headers: { authorization: `Bearer ${platform.operatorToken()}`, 'content-type': 'application/json' },
    body: JSON.stringify({ targetSlot: 'staging', preserveVnet: true }),
  })
}

type Fault = NonNullable<Parameters<typeof startPlatform>[0]['armFault']>

async function start(environment: Record<string, Record<string, string>> = {}, armFault?: Fault) {
  const clock = new ManualClock()
  const platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: APP,
    clock,
    environment: { production: { RELEASE: 'v1' }, staging: { RELEASE: 'v2' }, ...environment },
    ...(armFault && { armFault }),
  })
  onTestFinished(() => platform.close())
  return Object.assign(platform, { clock })
}

async function healed(platform: Platform & { clock: ManualClock }): Promise<void> {
  await expect
    .poll(
      async () => {
        await platform.clock.advance(1000)
        return platform.runs.at(-1)?.status
      },
      { interval: 5 },
    )
    .toBe('Succeeded')
}

async function releases(platform: Platform): Promise<string[]> {
  const answers = await Promise.all([platform.productionUrl, platform.stagingUrl].map((url) => fetch(`${url}/health`)))
  return Promise.all(answers.map(async (answer) => ((await answer.json()) as { release: string }).release))
}

async function swapDone({ events }: Platform): Promise<void> {
  await expect.poll(() => events.map(({ kind }) => kind)).toContain('swap done')
}

function swapsOf({ events }: Platform): number {
  return events.filter(({ kind }) => kind === 'swap started').length
}

async function expectRefusal(platform: Platform, args: string[], sentence: RegExp): Promise<void> {
  const { code, stderr } = await run(platform, ...args)
  expect(stderr.trim().split('\n').at(-1)).toMatch(sentence)
  expect(code).toBe(2)
  expect(swapsOf(platform)).toBe(0)
}

function run(platform: Platform, ...args: string[]) {
  return runMain([...args, '--local', platform.armUrl])
}

async function runMain(args: string[], folder = tmpdir(), env: Record<string, string> = {}) {
  // No PATH: neither az nor azd can be found.
  const child = spawn(process.execPath, [...sourceArguments(), MAIN, ...args], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { stdout, stderr, code: child.exitCode }
}
