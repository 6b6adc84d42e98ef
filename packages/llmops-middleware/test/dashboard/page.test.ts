import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AxeResults } from 'axe-core'
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core'
import { launchChromium } from 'test-support/chromium'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Overview, Series, WindowName } from '../../src/dashboard/contract.ts'
import { type Generate, generate } from './generated-figures.ts'
import { ADMIN_TOKEN, type PretendAgent, startPretendAgent } from './pretend-agent.ts'

const NOW_MS = Date.parse('2026-11-26T03:12:40Z')
const MINUTE = 60_000
const INCIDENT = { fromMs: NOW_MS - 31 * MINUTE, toMs: NOW_MS - 22 * MINUTE }
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

let browser: Browser
let agent: PretendAgent
let page: Page
/** What the browser complained of: errors of scripts, and all that the content security policy held back. */
let complaints: string[]

beforeAll(async () => {
  browser = await launchChromium()
  agent = await startPretendAgent(figures({ seed: 1 }))
})

afterAll(async () => {
  await browser?.close()
  await agent?.goAway()
})

beforeEach(() => {
  agent.figures = figures({ seed: 1 })
  agent.token = undefined
  agent.fails = undefined
  agent.holdsBack = false
  complaints = []
})

afterEach(async () => {
  await page.context().close()
  expect(complaints).toEqual([])
})

function figures(changes: Partial<Generate>) {
  return generate({ seed: 1, window: '1h', nowMs: NOW_MS, ...changes })
}

async function open(path = '#/1h', options: BrowserContextOptions = {}): Promise<void> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, ...options })
  page = await context.newPage()
  page.setDefaultTimeout(10_000)
  await page.clock.install({ time: NOW_MS })
  page.on('pageerror', (error) => complaints.push(String(error.stack)))
  // That a server is away is told by the browser itself.
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().startsWith('Failed to load resource'))
      complaints.push(message.text())
  })
  await page.goto(`${agent.url}/${path}`)
}

/** Shows what the agent tells now, and waits until it is on the page. */
async function show(overview: Overview): Promise<void> {
  agent.figures = { ...agent.figures, overview }
  agent.send('overview', overview)
  await expect.poll(() => valuesOf('#tile-cost')).toMatchObject({ 'tokens read': overview.tokens.input })
}

/** The figures of a list of terms, each as it is read by machines: `value` beside what a person reads. */
async function valuesOf(selector: string): Promise<Record<string, number | null>> {
  return page.locator(selector).evaluate((node) => {
    const values: [string, number | null][] = []
    for (const term of node.querySelectorAll('dt')) {
      const value = term.nextElementSibling?.querySelector('data')?.getAttribute('value')
      values.push([term.textContent ?? '', value === null || value === undefined ? null : Number(value)])
    }
    return Object.fromEntries(values)
  })
}

/** The rows of a table, by its heads. Figures are numbers, names texts, empty cells null. */
async function rowsOf(panel: string): Promise<Record<string, number | string | null>[]> {
  return page.locator(`${panel} table`).evaluate((table) => {
    const heads = [...table.querySelectorAll('thead th')].map((head) => head.textContent ?? '')
    return [...table.querySelectorAll('tbody tr')].map((row) => {
      const cells = [...row.children].map((cell) => {
        const data = cell.querySelector('data')
        if (!data) return cell.textContent === '' ? null : cell.textContent
        return data.hasAttribute('value') ? Number(data.getAttribute('value')) : null
      })
      return Object.fromEntries(heads.map((head, place) => [head, cells[place] ?? null]))
    })
  })
}

const total = (column: Series['succeeded']) => column.reduce<number>((sum, value) => sum + (value ?? 0), 0)
const share = (part: number, of: number) => (of > 0 ? part / of : null)

describe('every figure', () => {
  it.each([
    { seed: 11, window: '5m' },
    { seed: 12, window: '1h' },
    { seed: 13, window: '24h' },
  ] as const)('of the tiles, charts and tables is the one behind it ($window)', async ({ seed, window }) => {
    await open(`#/${window}`)
    agent.figures = figures({ seed, window, incident: window === '1h' ? INCIDENT : undefined })
    const { overview, tenants, tasks } = agent.figures
    await show(overview)

    const { tasks: done, latency, cost, tokens, tools, series } = overview
    const judged = (tile: 'tasks' | 'latency' | 'tools') => ({
      'last 30 s': overview[tile].judged.last30s.value,
      'last 5 min': overview[tile].judged.last5m.value,
      objective: overview[tile].judged.objective,
    })
    expect(await valuesOf('#tile-tasks')).toEqual({
      succeeded: done.succeeded,
      "agent's failures": done.failed.agent,
      "provider's failures": done.failed.provider,
      "caller's, not judged": done.failed.caller,
      'running now': done.running.count,
      'the oldest for': done.running.oldestMs,
      ...judged('tasks'),
    })
    expect(await answerOf('tasks')).toBe(share(done.succeeded, done.ended - done.failed.caller))
    expect(await valuesOf('#tile-latency')).toEqual({
      'half within': latency.p50Ms,
      '99% within': latency.p99Ms,
      mean: latency.meanMs,
      ...judged('latency'),
    })
    expect(await answerOf('latency')).toBe(latency.p95Ms)
    expect(await valuesOf('#tile-cost')).toEqual({
      'a task': cost.perTaskUsd,
      'estimated part': cost.unknownUsd,
      'tokens read': tokens.input,
      'from a cache': tokens.cachedInput,
      'tokens written': tokens.output,
      'a task, last 30 s': cost.judged.last30s.value,
      'a task, last 5 min': cost.judged.last5m.value,
      objective: cost.judged.objective,
    })
    expect(await answerOf('cost')).toBe(cost.usd)
    expect(await valuesOf('#tile-tools')).toEqual({
      answered: tools.ok,
      'by a fallback': tools.fallback,
      failed: tools.error,
      ...judged('tools'),
    })
    expect(await answerOf('tools')).toBe(share(tools.ok + tools.fallback, tools.calls))

    expect(await legendOf(0)).toEqual([
      total(series.failedAgent),
      total(series.failedProvider),
      total(series.failedCaller),
      total(series.succeeded),
    ])
    expect(await legendOf(1)).toEqual([series.p99Ms.at(-1), series.p95Ms.at(-1), series.p50Ms.at(-1)])
    expect(await legendOf(2)).toEqual([total(series.costUsd)])
    expect(await legendOf(3)).toEqual([total(series.toolError), total(series.toolFallback), total(series.toolOk)])
    expect(await legendOf(4)).toEqual([
      total(series.block),
      total(series.downshift),
      total(series.clamp),
      total(series.allow),
    ])

    expect(await rowsOf('#reasons-panel')).toMatchObject(
      done.reasons.map(({ reason, count }) => ({ reason, tasks: count })),
    )
    const decided = Object.values(overview.decisions)
    expect((await rowsOf('#decisions-panel')).map((row) => [row['calls'], row['share']])).toEqual(
      decided.map((count) => [
        count,
        share(
          count,
          decided.reduce((sum, value) => sum + value, 0),
        ),
      ]),
    )
    expect(await rowsOf('#tools-panel')).toEqual(
      tools.tools.map((row) => ({
        tool: row.tool,
        calls: row.calls,
        answered: share(row.ok + row.fallback, row.calls),
        'by fallback': row.fallback,
        failed: row.error,
        'mean time': row.meanMs,
        'errors by class': textOf(row.errors),
      })),
    )
    expect(await rowsOf('#models-panel')).toEqual(
      overview.models.models.map((row) => ({
        model: row.model,
        attempts: row.calls,
        failed: row.failed,
        'tokens in': row.inputTokens,
        out: row.outputTokens,
        cost: row.costUsd,
        'mean time': row.meanMs,
        'errors by class': textOf(row.errors),
      })),
    )
    await page.clock.runFor(4000)
    agent.send('overview', overview)
    await expect.poll(async () => (await rowsOf('#tenants-panel'))[0]).toMatchObject({ spent: tenants[0]!.spentUsd })
    expect(await rowsOf('#tenants-panel')).toMatchObject(
      tenants.map((row) => ({
        tenant: row.tenant,
        share: row.share,
        spent: row.spentUsd,
        held: row.heldUsd,
        limit: row.limitUsd,
        'runs out': row.runsOutAtMs,
        forecast: row.forecastUsd,
        tasks: row.tasks,
        failed: row.failed,
        'cost here': row.costUsd,
      })),
    )
    await expect.poll(async () => (await rowsOf('#tasks-panel'))[0]).toMatchObject({ cost: tasks[0]!.costUsd })
    expect(await rowsOf('#tasks-panel')).toMatchObject(
      tasks.slice(0, 10).map((row) => ({
        tenant: row.tenant,
        took: row.durationMs,
        'model calls': row.modelCalls,
        'tool calls': row.toolCalls,
        cost: row.costUsd,
      })),
    )
    expect(await misread()).toEqual([])
  })

  it('of one moment is read with the keyboard, and in a table', async () => {
    await open()
    const { series } = agent.figures.overview
    const slider = page.getByRole('slider').first()
    await slider.focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowRight')
    const second = (keys: (keyof Series)[]) => keys.map((key) => (series[key] as number[])[1])
    expect(await legendOf(0)).toEqual(second(['failedAgent', 'failedProvider', 'failedCaller', 'succeeded']))
    expect(await legendOf(2)).toEqual(second(['costUsd']))
    expect(await slider.getAttribute('aria-valuetext')).toContain(`succeeded ${series.succeeded[1]}`)
    await page.keyboard.press('Escape')
    expect(await legendOf(2)).toEqual([total(series.costUsd)])

    await page.getByText('These values as a table').click()
    await expect.poll(() => page.locator('#values-scroll tbody tr').count()).toBe(series.succeeded.length)
  })

  it('of one moment is read with the pointer, and with a finger', async () => {
    await open('#/1h', { hasTouch: true })
    const { series } = agent.figures.overview
    const plot = page.locator('.plot .u-over').first()
    await plot.scrollIntoViewIfNeeded()
    const box = (await plot.boundingBox())!
    const x = (index: number) => box.x + ((index + 0.5) / series.succeeded.length) * box.width
    await page.mouse.move(x(20), box.y + 40)
    await expect.poll(() => legendOf(2)).toEqual([series.costUsd[20]])
    await page.touchscreen.tap(x(40), box.y + 40)
    await expect.poll(() => legendOf(2)).toEqual([series.costUsd[40]])
  })

  it('that is unknown is a dash, and nothing is counted for it', async () => {
    const { overview } = agent.figures
    const nothing = { level: 'unknown', value: null, count: 0 } as const
    const judged = { level: 'unknown', last30s: nothing, last5m: nothing, objective: 0.95 } as const
    const none = overview.series.succeeded.map(() => null)
    agent.figures.overview = {
      ...overview,
      level: 'unknown',
      freshness: { ...overview.freshness, sinceMs: NOW_MS - 1000, latestMs: null, keptIn: 'memory' },
      tasks: {
        ...overview.tasks,
        judged,
        ended: 0,
        succeeded: 0,
        failed: { agent: 0, provider: 0, caller: 0 },
        reasons: [],
      },
      latency: { judged, meanMs: null, p50Ms: null, p95Ms: null, p99Ms: null },
      series: { ...overview.series, p50Ms: none, p95Ms: none, p99Ms: none, succeeded: none },
    }
    await open()
    await page.getByText('Nothing has happened yet.').first().waitFor()
    expect(await page.locator('#tile-tasks .answer data').textContent()).toBe('–')
    expect(await page.locator('#tile-tasks').textContent()).toContain('last 30 sno tasks')
    expect(await page.locator('#tile-latency .answer data').textContent()).toBe('–')
    expect(await page.locator('#since').textContent()).toMatch(/^Known since \d\d:\d\d:\d\d only\.$/)
    expect(await page.locator('#reasons-panel').textContent()).toContain('No task failed in this window.')
  })
})

function textOf(errors: Overview['models']['models'][number]['errors']): string {
  return errors.map(({ type, count }) => `${type} ${count.toLocaleString('en')}`).join(', ') || '–'
}

async function answerOf(tile: string): Promise<number> {
  return Number(await page.locator(`#tile-${tile} .answer data`).getAttribute('value'))
}

function legendOf(chart: number): Promise<number[]> {
  return page
    .locator('.chart')
    .nth(chart)
    .locator('.legend data')
    .evaluateAll((nodes) => nodes.map((node) => Number(node.getAttribute('value'))))
}

/** Figures whose text says something else than their value, beyond rounding. Times are left out: they have no number. */
function misread(): Promise<string[]> {
  return page.locator('data[value]').evaluateAll((nodes) => {
    const units: Record<string, number> = {
      ms: 1,
      s: 1000,
      min: 60_000,
      h: 3_600_000,
      d: 86_400_000,
      '%': 0.01,
      $: 1,
      '': 1,
    }
    const wrong: string[] = []
    for (const node of nodes) {
      const value = Number(node.getAttribute('value'))
      const text = node.textContent ?? ''
      if (/^(in |not |spent|[<>]|no )/.test(text)) continue
      const read = [...text.split(/ (?:of|a task)/)[0]!.matchAll(/(\$?)([\d,.]+)\s*(ms|s|min|h|d|%)?/g)].reduce(
        (sum, [, dollar, digits, unit]) => sum + Number(digits!.replaceAll(',', '')) * units[unit ?? dollar ?? '']!,
        0,
      )
      const isTime = text.includes(' h') || text.includes(' d')
      const rounding = Math.abs(value) * (isTime ? 0.5 : 0.006) + (text.includes('%') ? 0.0005 : 0) + 1e-9
      if (Math.abs(read - value) > rounding) wrong.push(`${text} for ${value}`)
    }
    return wrong
  })
}

describe('an operator', () => {
  it('reads in one sentence what is wrong, how much, and why', async () => {
    await open()
    await page
      .locator('#verdict')
      .getByText(/^All is well: 98\.\d% of/)
      .waitFor()
    await show(failing(agent.figures.overview))
    const verdict = page.locator('#verdict')
    expect(await verdict.getAttribute('class')).toBe('verdict bad')
    expect(await verdict.textContent()).toContain(
      'Tasks are failing: 12.5% of 40 tasks succeeded, 95% must (last 30 seconds).',
    )
    expect(await verdict.textContent()).toContain('A fault is injected on purpose: outage at 100%, for another 2 min.')
    expect(await page.locator('#tile-tasks .level').textContent()).toBe('■ bad')
    expect(await page.title()).toBe('■ bad · Tarn & Fell support agent')
    expect(await page.getByRole('status').textContent()).toContain('Tasks are failing')
  })

  it('sees the swap, and the incident still there after it', async () => {
    agent.figures = figures({ seed: 3, incident: INCIDENT })
    await open()
    await page.getByText('All is well').first().waitFor()
    expect(await page.locator('#changes li').allTextContents()).toEqual([
      expect.stringMatching(/^S\d\d:\d\d:\d\dSwapped: v41 serves again$/),
      expect.stringMatching(/^B.*Objective broken: task success 54\.2% of 95%, for 8 min$/),
      expect.stringMatching(/^P.*Promoted: v42 \(9f3c\)$/),
    ])
    const place = (kind: string) =>
      page.locator(`.chart:first-child .change.${kind}`).evaluate((node) => node.getBoundingClientRect().left)
    expect(await place('promotion')).toBeLessThan(await place('swap'))
    expect((await legendOf(0))[0]).toBeGreaterThan(50)
  })

  it('sees when the figures are old, when the agent is gone, and when they come back', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    const verdict = page.locator('#verdict-sentence')
    // The clock runs by itself too: on a busy machine the page may have given this connection up, and made another.
    const laterVerdict = async () => {
      await page.clock.runFor(8000)
      return verdict.textContent()
    }
    await expect.poll(laterVerdict).toBe('The agent has gone quiet')
    expect(await page.locator('#verdict-more').textContent()).toMatch(
      /^Everything below is as it was at .*, \d+ s ago\.$/,
    )
    expect(await page.locator('body').getAttribute('class')).toBe('is-old')

    await agent.goAway()
    await expect.poll(() => verdict.textContent()).toBe('The agent cannot be reached')
    expect(await page.title()).toContain('■ bad')

    await agent.comeBack()
    await page.clock.runFor(2500)
    await page.getByText('All is well').first().waitFor()
    expect(await page.locator('body').getAttribute('class')).toBe('')
  })

  it('sees that the agent is gone although the clock of the browser was set back', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    await page.evaluate(() => {
      const now = Date.now
      Date.now = () => now() - 3_600_000
    })
    await agent.goAway()
    await page.clock.runFor(16_000)
    await expect.poll(() => page.title()).toContain('■ bad')
    await agent.comeBack()
  })

  it('sees that tasks hang, which ends no task and so moves no other figure', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    const { overview } = figures({ seed: 1 })
    const hanging = (quietMs: number): Overview => ({
      ...overview,
      tokens: { ...overview.tokens, input: quietMs },
      tasks: { ...overview.tasks, running: { count: 12, oldestMs: quietMs + 1000 } },
      freshness: { ...overview.freshness, latestMs: overview.freshness.nowMs - quietMs },
    })
    await show(hanging(5000))
    const verdict = page.locator('#verdict-sentence')
    expect(await verdict.textContent()).toMatch(/^All is well/)
    await show(hanging(80_000))
    expect(await verdict.textContent()).toMatch(
      /^No answers: 12 tasks run, and no call has ended for (80 s|1 min.*)\.$/,
    )
  })

  it('sees which tool fails, and how', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    const { overview } = figures({ seed: 1 })
    const judged = { level: 'bad', last30s: { value: 0, count: 17, level: 'bad' } } as const
    await show({
      ...overview,
      level: 'bad',
      tokens: { ...overview.tokens, input: 1 },
      tools: {
        ...overview.tools,
        judged: { ...overview.tools.judged, ...judged },
        tools: [
          {
            ...overview.tools.tools[0]!,
            tool: 'get_order',
            error: 1e6,
            errors: [{ type: 'repair_failed', count: 17 }],
          },
        ],
      },
    })
    const more = page.locator('#verdict-more')
    expect(await more.textContent()).toContain('Most failures of tools: get_order, repair_failed, 17 times.')
  })

  it('sees figures behind a proxy that passes on no stream', async () => {
    agent.holdsBack = true
    await open()
    await page.clock.runFor(16_000)
    await page.getByText('All is well').first().waitFor()
  })

  it('sees the figures in the title of a hidden tab, which holds no connection', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    await expect.poll(() => agent.viewers).toBe(1)
    await page.evaluate(`
      Object.defineProperty(document, 'hidden', { value: true, configurable: true })
      document.dispatchEvent(new Event('visibilitychange'))
    `)
    await expect.poll(() => agent.viewers).toBe(0)
    const { overview } = figures({ seed: 1 })
    agent.figures = { ...agent.figures, overview: { ...overview, service: { ...overview.service, name: 'Asked for' } } }
    await page.clock.runFor(6000)
    await expect.poll(() => page.title()).toContain('Asked for')
    await page.evaluate(`
      delete document.hidden
      document.dispatchEvent(new Event('visibilitychange'))
    `)
    await expect.poll(() => agent.viewers).toBe(1)
  })

  it('is not shown old figures as good ones when the agent answers with an error', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    agent.fails = 500
    await agent.goAway()
    await agent.comeBack()
    await page.clock.runFor(10_000)
    await expect
      .poll(() => page.locator('#verdict-sentence').textContent())
      .toBe('The agent answers, but not with its figures: The history cannot be read')
    expect(await page.locator('#verdict').getAttribute('class')).toBe('verdict bad')
  })

  it('goes from a failed task to what happened in it, and back', async () => {
    await open()
    await page.getByText('Failed', { exact: true }).click()
    await expect
      .poll(async () => (await rowsOf('#tasks-panel')).map((row) => row['outcome']))
      .not.toContain('● succeeded ')
    await page.locator('#tasks-panel a').first().click()
    const task = agent.figures.tasks.find(({ outcome }) => outcome === 'failure')!
    await page.getByRole('heading', { name: `Task ${task.id}` }).waitFor()
    const text = (await page.locator('#task').textContent())!
    for (const part of [task.tenant, task.error!, task.traceId!, 'http_429', 'ECONNREFUSED', '2 attempts', 'france'])
      expect(text).toContain(part)
    expect(await page.locator('#task .call').count()).toBe(task.calls.length)
    expect(await page.getByRole('link', { name: 'Open the trace' }).getAttribute('href')).toBe(task.links[0]!.href)
    expect(JSON.parse((await page.locator('#task pre').textContent())!)).toEqual(task)
    expect(await misread()).toEqual([])
    await page.getByRole('link', { name: '← All figures' }).click()
    await page.getByRole('heading', { name: 'Are tasks succeeding?' }).waitFor()
    expect(page.url()).toMatch(/#\/1h$/)
  })

  it('can share a task by its URL, and reads when it is not kept', async () => {
    const task = agent.figures.tasks[4]!
    await open(`#/task/${task.id}`)
    await page.getByText('answered by a fallback').waitFor({ state: 'attached' })
    await page.goto(`${agent.url}/#/task/${encodeURIComponent('no/such task')}`)
    await page.getByText('This task is not kept').waitFor()
  })

  it('finds one tenant among thousands, and knows what the others are', async () => {
    const tenantNames = Array.from({ length: 3000 }, (_, index) => `tenant-${index}`)
    agent.figures = figures({ tenantNames })
    await open()
    await expect.poll(async () => (await rowsOf('#tenants-panel')).length).toBe(20)
    expect(await page.locator('#other-tenants').textContent()).toMatch(
      /^2,980 more tenants, who cost \$[\d,.]+ in this window\.$/,
    )
    await page.getByLabel('Find a tenant').fill('tenant-2987')
    await expect.poll(async () => (await rowsOf('#tenants-panel')).map((row) => row['tenant'])).toEqual(['tenant-2987'])
    expect(await page.locator('#other-tenants').isVisible()).toBe(false)
  })

  it('changes a limit with the token, which stays in memory only', async () => {
    await open()
    const tenant = agent.figures.tenants[1]!.tenant
    await page.getByRole('button', { name: `Change limit of ${tenant}` }).click()
    await page.getByLabel('New limit in US dollars').fill('75.50')
    await page.getByRole('dialog').getByLabel('Admin token').fill('wrong')
    await page.getByRole('button', { name: 'Set limit' }).click()
    await page.getByText('This is not the admin token.').waitFor()
    await page.getByRole('dialog').getByLabel('Admin token').fill(ADMIN_TOKEN)
    await page.getByRole('button', { name: 'Set limit' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(agent.limits.at(-1)).toEqual({
      account: { tenant },
      change: { limitUsd: 75.5, lasts: 'period' },
      token: ADMIN_TOKEN,
    })

    await page.getByRole('button', { name: `Change limit of ${tenant}` }).click()
    await page.getByLabel('Whose limit').selectOption('user')
    await page.getByLabel('Which one', { exact: true }).fill('ada/b')
    await page.getByLabel('Which one', { exact: true }).blur()
    await page.getByText('$1.25 of $2.50 (50.0%)').waitFor()
    await page.getByRole('button', { name: 'Back to the configured limit' }).click()
    await page.getByRole('dialog').waitFor({ state: 'hidden' })
    expect(agent.limits.at(-1)).toMatchObject({
      account: { tenant, scope: 'user', id: 'ada/b' },
      change: { limitUsd: null },
    })
    expect(await page.evaluate('[localStorage.length, sessionStorage.length, document.cookie]')).toEqual([0, 0, ''])
  })

  it('is asked for the token where reading needs it', async () => {
    agent.token = ADMIN_TOKEN
    await open()
    await page.getByText('The admin token is needed').first().waitFor()
    await page.getByLabel('The figures of this agent need its admin token.').fill(ADMIN_TOKEN)
    await page.getByRole('button', { name: 'Show the figures' }).click()
    await page.getByText('All is well').first().waitFor()
    await expect.poll(async () => (await rowsOf('#tasks-panel')).length).toBe(10)
  })

  it('may leave the page open: thousands of events do not make it grow', async () => {
    await open()
    await page.getByText('All is well').first().waitFor()
    const nodes = () => page.locator('*').count()
    const before = await nodes()
    const { overview } = agent.figures
    for (let index = 1; index <= 2000; index++) {
      agent.send('overview', { ...overview, tokens: { ...overview.tokens, input: index } })
    }
    await expect.poll(() => valuesOf('#tile-cost')).toMatchObject({ 'tokens read': 2000 })
    expect(Math.abs((await nodes()) - before)).toBeLessThan(200)
  })
})

function failing(overview: Overview): Overview {
  const bad = { level: 'bad', value: 0.125, count: 40 } as const
  return {
    ...overview,
    level: 'bad',
    tokens: { ...overview.tokens, input: overview.tokens.input + 1 },
    tasks: {
      ...overview.tasks,
      judged: { level: 'bad', last30s: bad, last5m: { level: 'good', value: 0.97, count: 900 }, objective: 0.95 },
    },
    service: { ...overview.service, fault: { mode: 'outage', probability: 1, endsAtMs: NOW_MS + 2.5 * MINUTE } },
  }
}

describe('names from outside', () => {
  const HOSTILE = [
    '<img src=x onerror=alert(1)>',
    '</script><script>alert(1)</script>',
    'constructor',
    '__proto__',
    'x'.repeat(10_000),
    'مستأجر ‮evil',
    '../../admin',
    '&lt;b&gt;',
    ' ',
    '👩‍👩‍👧'.repeat(300),
  ]

  it.each([{ width: 1440 }, { width: 320 }])('are shown as text and break nothing ($width px)', async ({ width }) => {
    const hostile = figures({ seed: 5, tenantNames: HOSTILE })
    const [name] = HOSTILE
    const { overview } = hostile
    const errors = HOSTILE.map((type, index) => ({ type, count: 10 - index }))
    const tool = overview.tools.tools[0]!
    const model = overview.models.models[0]!
    agent.figures = {
      ...hostile,
      overview: {
        ...overview,
        tasks: {
          ...overview.tasks,
          reasons: HOSTILE.map((reason, index) => ({ reason, class: 'agent', count: 20 - index })),
        },
        tools: { ...overview.tools, tools: HOSTILE.map((other) => ({ ...tool, tool: other, errors })) },
        models: { ...overview.models, models: HOSTILE.map((other) => ({ ...model, model: other, errors })) },
        marks: HOSTILE.map((label, index) => ({
          atMs: NOW_MS - index * MINUTE,
          endsAtMs: null,
          kind: 'promotion',
          label,
        })),
        service: {
          ...overview.service,
          name: name!,
          facts: { release: name!, constructor: HOSTILE[4]! },
          links: [{ label: 'evil', href: 'javascript:alert(1)' }],
        },
      },
      tasks: hostile.tasks.map((task, index) => ({
        ...task,
        id: HOSTILE[index % HOSTILE.length]! + index,
        error: HOSTILE[index % HOSTILE.length]!,
        traceId: HOSTILE[4]!,
        links: [{ label: 'evil', href: 'javascript:alert(1)' }],
      })),
    }
    await open('#/1h', { viewport: { width, height: 800 } })
    await expect.poll(async () => (await rowsOf('#tenants-panel')).length).toBe(HOSTILE.length)
    const names = await page.locator('#tenants-panel .tenant').allTextContents()
    for (const part of ['<img src=x onerror=alert(1)>', 'constructor', '__proto__', '&lt;b&gt;'])
      expect(names).toContain(part)
    expect(await page.locator('img, main script').count()).toBe(0)
    expect(await page.getByRole('link', { name: 'evil' }).count()).toBe(0)
    expect(await sideways()).toBe(0)

    await page.locator('#tasks-panel a').first().click()
    await page.getByRole('heading', { name: name! }).last().waitFor()
    await page.getByText('As JSON').waitFor()
    expect(await page.getByRole('link', { name: 'evil' }).count()).toBe(0)
    expect(await sideways()).toBe(0)
  })
})

/** By how much the document is wider than the window. */
function sideways(): Promise<number> {
  return page.locator('html').evaluate((node) => node.scrollWidth - node.clientWidth)
}

describe('everybody', () => {
  it.each([
    { colorScheme: 'light', width: 1440 },
    { colorScheme: 'dark', width: 1440 },
    { colorScheme: 'light', width: 320 },
    { colorScheme: 'dark', width: 320 },
  ] as const)('can use it: axe finds nothing ($colorScheme, $width px)', async ({ colorScheme, width }) => {
    agent.figures = figures({ seed: 3, incident: INCIDENT })
    await open('#/1h', { viewport: { width, height: 900 }, colorScheme })
    await expect.poll(async () => (await rowsOf('#tenants-panel')).length).toBeGreaterThan(5)
    await show(failing(agent.figures.overview))
    expect(await axe()).toEqual([])
    expect(await sideways()).toBe(0)
    await page.goto(`${agent.url}/#/task/${agent.figures.tasks[2]!.id}`)
    await page.getByText('As JSON').click()
    expect(await axe()).toEqual([])
    expect(await sideways()).toBe(0)
  })

  it('can use what opens on demand: axe finds nothing in the table of values and in the dialog', async () => {
    const { series } = agent.figures.overview
    // A table of a few rows has what one of many has.
    const shown = series.succeeded.map((value, index) => (index < 55 ? null : value))
    agent.figures.overview = { ...agent.figures.overview, series: { ...series, succeeded: shown } }
    await open()
    await expect.poll(async () => (await rowsOf('#tenants-panel')).length).toBeGreaterThan(5)
    await page.getByText('These values as a table').click()
    await page.locator('#values-scroll').waitFor()
    expect(await axe('#charts-panel')).toEqual([])
    await page
      .getByRole('button', { name: /^Change limit of/ })
      .first()
      .click()
    expect(await axe('dialog')).toEqual([])
  })

  it('finds bars and marks in forced colours, and old figures that say so without colour', async () => {
    agent.figures = figures({ seed: 3, incident: INCIDENT })
    await open('#/1h', { forcedColors: 'active' })
    await expect.poll(async () => (await rowsOf('#tenants-panel')).length).toBeGreaterThan(5)
    const bar = page.locator('#tenants-panel .bar i').first()
    const [inside, outside] = await Promise.all([colorOf(bar), colorOf(bar.locator('..'))])
    expect(inside).not.toBe(outside)
    expect(await sideways()).toBe(0)
  })

  it('without JavaScript reads where the figures are', async () => {
    await openWithoutScripts()
    const address = page.locator('noscript a').first()
    expect(await address.isVisible()).toBe(true)
    expect(await address.getAttribute('href')).toBe('api/overview?window=5m')
  })

  it('reaches each part with the keyboard alone', async () => {
    await open()
    await expect.poll(async () => (await rowsOf('#tasks-panel')).length).toBe(10)
    const reached: string[] = []
    for (let index = 0; index < 60; index++) {
      await page.keyboard.press('Tab')
      reached.push(await page.evaluate<string>("document.activeElement.closest('[id], .skip')?.id || 'skip'"))
    }
    const parts = ['windows', 'charts', 'task-filter', 'tasks-panel', 'tenant-search', 'tenants-panel']
    expect(parts.filter((part) => !reached.includes(part))).toEqual([])
    expect(reached[0]).toBe('skip')
  })
})

async function openWithoutScripts(): Promise<void> {
  const context = await browser.newContext({ javaScriptEnabled: false })
  page = await context.newPage()
  await page.goto(agent.url)
}

function colorOf(part: Locator): Promise<string> {
  return part.evaluate((node) => String(node.computedStyleMap().get('background-color')))
}

async function axe(part = 'html'): Promise<string[]> {
  await page.evaluate(AXE)
  const { violations } = (await page.evaluate(`axe.run(${JSON.stringify(part)})`)) as AxeResults
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.html.slice(0, 200)} ${node.failureSummary}`),
  )
}

it('asks for each window by its own address', async () => {
  await open('#/24h')
  expect(await page.getByLabel('24 h').isChecked()).toBe(true)
  const asked = page.waitForRequest((request) => request.url().endsWith('api/live?window=5m'))
  await page.getByText('5 min', { exact: true }).click()
  await asked
  expect(page.url()).toMatch(/#\/5m$/)
  const windows: readonly WindowName[] = ['5m', '1h', '24h']
  expect(
    await page.locator('#windows input').evaluateAll((nodes) => nodes.map((node) => node.getAttribute('value'))),
  ).toEqual(windows)
})
