import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import type { Browser, Page } from 'playwright-core'
import { launchChromium } from 'test-support/chromium'
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from 'vitest'
import { createSli } from '../../src/sli/index.ts'
import { RecordedTelemetry } from '../support/recorded-telemetry.ts'
import {
  answered,
  failing,
  NOON,
  scriptedEvents,
  TurnedClock,
  temporaryFolder,
  watchedAgent,
} from '../support/watched-agent.ts'

// The page on its real router, with a real agent behind it, under a clock that is turned.

const SECOND = 1000
const MINUTE = 60 * SECOND
const TOKEN = 'the-admin-token'

let browser: Browser
const complaints: string[] = []

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser?.close())
afterEach(() => expect(complaints.splice(0)).toEqual([]))

async function open(url: string): Promise<Page> {
  const page = await browser.newPage()
  onTestFinished(() => page.close())
  page.setDefaultTimeout(10_000)
  page.on('pageerror', (error) => complaints.push(String(error.stack)))
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  await page.clock.install({ time: NOON })
  await page.goto(url)
  await page.locator('#overview').waitFor()
  return page
}

const verdictOf = (page: Page) => page.locator('#verdict').getAttribute('class')

/** The figures of a tile by their names. */
function valuesOf(page: Page, selector: string): Promise<Record<string, number>> {
  return page.locator(selector).evaluate((node) => {
    const terms = [...node.querySelectorAll('dt')]
    return Object.fromEntries(
      terms.map((term) => [
        term.textContent,
        Number(term.nextElementSibling?.querySelector('data')?.getAttribute('value')),
      ]),
    )
  })
}

it('is red within ten seconds of an outage that follows 20,000 good tasks', async () => {
  const events = scriptedEvents()
  const agent = await watchedAgent({ events })
  for (let second = 0; second < 400; second++) {
    for (let index = 0; index < 50; index++) events.taskEnded({ endedAtMs: agent.clock.epochMs() })
    agent.clock.turn(SECOND)
  }
  const page = await open(agent.url)
  await expect.poll(() => verdictOf(page)).toBe('verdict good')
  expect(await page.locator('#verdict-sentence').textContent()).toMatch(/^All is well: 100% of/)

  for (let second = 0; second < 10; second++) {
    for (let index = 0; index < 10; index++) {
      events.taskEnded({ endedAtMs: agent.clock.epochMs(), outcome: 'failure', reason: 'http_503', class: 'provider' })
    }
    agent.clock.turn(SECOND)
    // The page reads: a viewer that does not is sent home.
    await setImmediate()
  }
  await expect
    .poll(() => page.locator('#verdict-sentence').textContent())
    .toMatch(/^Tasks are failing: \d\d\.\d% of [\d,]+ tasks succeeded, 95% must/)
  expect(await verdictOf(page)).toBe('verdict bad')
  expect(await page.locator('#verdict-more').textContent()).toContain(
    'Most frequent reason: http_503 (provider), 100 times.',
  )
  expect(await page.locator('#changes').textContent()).toContain('Objective broken: task success')
})

it('shows after a swap the incident of the process before it, and marks what happened between', async () => {
  const clock = new TurnedClock()
  const history = { path: join(temporaryFolder(), 'history.db') }
  const start = (facts: Record<string, string>) =>
    watchedAgent({ clock, dashboard: { history, facts, name: 'Support' } })
  const bad = await start({ release: 'v2', slot: 'production' })
  bad.answer(() => failing(503))
  for (let index = 0; index < 30; index++) {
    await bad.task()
    clock.turn(2 * SECOND)
  }
  bad.router.close()
  const good = await start({ release: 'v1', slot: 'production' })
  clock.turn(6 * MINUTE)
  for (let index = 0; index < 30; index++) await good.task()
  clock.turn(SECOND)

  const page = await open(`${good.url}#/1h`)
  await expect.poll(() => verdictOf(page)).toBe('verdict good')
  expect(await valuesOf(page, '#tile-tasks')).toMatchObject({ succeeded: 30, "provider's failures": 30 })
  const changes = await page.locator('#changes').textContent()
  expect(changes).toContain('Promoted: v1 in production, after v2')
  expect(changes).toContain('Objective broken: task success')
  expect(await page.locator('.chart:first-child .change.promotion').count()).toBe(1)
  expect(await page.locator('#reasons-panel').textContent()).toContain('http_503')
})

it('shows what the metrics say, under a drill', async () => {
  const telemetry = new RecordedTelemetry()
  const agent = await watchedAgent({
    ops: {
      sli: createSli({ meter: telemetry.meter }),
      budget: { limitUsd: 1, period: 'day' },
    },
  })
  const lookup = agent.ops.tool({
    name: 'lookup',
    description: 'Looks up',
    effect: 'read',
    parameters: { type: 'object', properties: { id: { type: 'integer' } } },
    run: ({ id }) => {
      if (Number(id) % 5 === 0) throw new Error('nothing there')
      return 'found'
    },
  })
  for (let index = 0; index < 40; index++) {
    agent.answer(() => (index % 4 === 3 ? failing(429, 'Slow down.') : answered()))
    await agent.task(['contoso', 'fabrikam', '<b>northwind</b>'][index % 3])
    await agent.ops.task({ tenant: 'contoso' }, () => lookup.call(JSON.stringify({ id: index }))).catch(() => {})
    agent.clock.turn(SECOND)
  }
  const page = await open(agent.url)
  agent.clock.turn(SECOND)

  const sumOf = async (name: string, where: Record<string, string> = {}) => {
    const points = (await telemetry.points(name)).filter(({ attributes }) =>
      Object.entries(where).every(([key, value]) => attributes[key] === value),
    )
    return points.reduce(
      (sum, { value }) => sum + (typeof value === 'number' ? value : (value as { sum: number }).sum),
      0,
    )
  }
  const tasks = await valuesOf(page, '#tile-tasks')
  expect(tasks['succeeded']).toBe(await sumOf('agent.task.success'))
  expect(tasks["agent's failures"]).toBe(await sumOf('agent.task.failure', { class: 'agent' }))
  expect(tasks["provider's failures"]).toBe(await sumOf('agent.task.failure', { class: 'provider' }))
  expect(tasks["caller's, not judged"]).toBe(await sumOf('agent.task.failure', { class: 'caller' }))
  expect(tasks['succeeded']).toBeGreaterThan(20)
  const cost = await valuesOf(page, '#tile-cost')
  expect(cost['tokens read']).toBe(await sumOf('agent.tokens.in'))
  expect(cost['tokens written']).toBe(await sumOf('agent.tokens.out'))
  const spent = Number(await page.locator('#tile-cost .answer data').getAttribute('value'))
  expect(spent).toBeCloseTo(await sumOf('agent.cost.usd'), 9)
  const tools = await valuesOf(page, '#tile-tools')
  expect(tools['answered']).toBe(await sumOf('agent.tool.success', { status: 'ok' }))
  expect(tools['failed']).toBe(await sumOf('agent.tool.success', { status: 'error' }))
  await expect
    .poll(() =>
      page
        .locator('#tenants-panel tbody tr')
        .evaluateAll((rows) => rows.map((row) => row.querySelector('th')?.textContent)),
    )
    .toEqual(expect.arrayContaining(['contoso', 'fabrikam', '<b>northwind</b>']))
  for (const tenant of ['contoso', 'fabrikam']) {
    const row = page.locator('#tenants-panel tr', { hasText: tenant })
    const shown = Number(await row.locator('td[data-label="cost here"] data').getAttribute('value'))
    expect(shown).toBeCloseTo(await sumOf('agent.cost.usd', { tenant }), 9)
  }
})

it('leads from a failed task to what the provider said, and changes a limit on the real ledger', async () => {
  const agent = await watchedAgent({
    ops: { budget: { limitUsd: 1, period: 'day' } },
    dashboard: { token: TOKEN, mayRead: () => true },
  })
  agent.answer(() => failing(503, 'The engine is overloaded. <script>'))
  await agent.task('contoso', 'order/17?')
  const page = await open(agent.url)
  await page.locator('#tasks-panel tbody a').first().click()
  await page.getByRole('heading', { name: 'Task order/17?' }).waitFor()
  expect(await page.locator('#task').textContent()).toContain('The engine is overloaded. <script>')
  await page.getByRole('link', { name: '← All figures' }).click()

  await page.getByRole('button', { name: 'Change limit of contoso' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('New limit in US dollars').fill('2.50')
  await dialog.getByLabel('Admin token').fill('not it')
  await dialog.getByRole('button', { name: 'Set limit' }).click()
  await expect.poll(() => dialog.getByRole('alert').textContent()).not.toBe('')
  expect((await agent.ops.budget!.read('contoso')).limitUsd).toBe(1)
  await dialog.getByLabel('Admin token').fill(TOKEN)
  await dialog.getByRole('button', { name: 'Set limit' }).click()
  await dialog.waitFor({ state: 'hidden' })
  expect((await agent.ops.budget!.read('contoso')).limitUsd).toBe(2.5)
  const row = page.locator('#tenants-panel tr', { hasText: 'contoso' })
  await expect.poll(() => row.locator('td[data-label="limit"] data').getAttribute('value')).toBe('2.5')
})
