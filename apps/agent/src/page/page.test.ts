import type { Browser, Page } from 'playwright-core'
import { launchChromium } from 'test-support/chromium'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestAgent, type TestAgent } from '../../test/support/test-agent.ts'

let agent: TestAgent
let browser: Browser
let page: Page
const violations: string[] = []

beforeAll(async () => {
  agent = await startTestAgent()
  browser = await launchChromium()
  page = await browser.newPage()
  page.on('console', (message) => message.type() === 'error' && violations.push(message.text()))
  page.on('pageerror', (error) => violations.push(error.message))
  await page.goto(agent.url)
})

afterAll(async () => {
  await browser?.close()
  await agent?.stop()
})

it('says which process it shows', async () => {
  await page.getByText('serving').waitFor()
  expect(await page.locator('#identity').textContent()).toContain(agent.instance.instance)
})

it('answers a prompt, names the tools it used, and counts the task', async () => {
  await page.getByLabel('Prompt').fill('Where is my order ORD-1006?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('get_order: ok').waitFor()
  await page.locator('#tile-success').getByText('100 %').waitFor()
  expect(await page.locator('#answer').textContent()).toContain('customs')
  expect(await page.locator('#answer-note').textContent()).toContain('completed')
})

it('shows who has spent how much of what limit', async () => {
  await page.locator('#budgets').getByText('local').waitFor()
  expect(await page.locator('#budgets').textContent()).toContain('of $50')
})

it('lists the task with its calls', async () => {
  await page.locator('#recent .waterfall span.tool').first().waitFor()
  expect(await page.locator('#recent').textContent()).toContain('get_order')
})

it('shows a fault while it is injected', async () => {
  await agent.admin('POST', '/admin/chaos', { mode: 'outage', probability: 1, ttlMs: 60_000 })
  await page.locator('#chaos').getByText('outage at 100 %').waitFor()
  await agent.admin('DELETE', '/admin/chaos')
  await page.locator('#chaos').getByText('off').waitFor()
})

it('shows text of the model as text, whatever is in it', async () => {
  await page.getByLabel('Prompt').fill('<img src=x onerror=alert(1)> ORD-9999?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('There is no order ORD-9999.').waitFor()
  expect(await page.locator('#answer img').count()).toBe(0)
})

it('keeps to its own content security policy', () => {
  expect(violations).toEqual([])
})
