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
  await page.goto(`${agent.url}/ask`)
})

afterAll(async () => {
  await browser?.close()
  await agent?.stop()
})

it('answers a prompt, and names the tools it used', async () => {
  await page.getByLabel('Prompt').fill('Where is my order ORD-1006?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('get_order: ok').waitFor()
  await page.locator('#answer-note').getByText('completed').waitFor()
  expect(await page.locator('#answer').textContent()).toContain('customs')
})

it('links to the live page, which shows the task with its calls', async () => {
  const live = await browser.newPage()
  live.on('pageerror', (error) => violations.push(error.message))
  await live.goto(`${agent.url}/ask`)
  await live.getByRole('link', { name: 'What it is doing' }).click()
  await live
    .locator('#tile-tasks')
    .getByText(/100\s?%/)
    .first()
    .waitFor()
  expect(await live.locator('#facts').textContent()).toContain(agent.instance.instance)
  await live.getByRole('link', { name: 'Ask the agent' }).click()
  await live.getByLabel('Prompt').waitFor()
  await live.close()
})

it('shows HTML in an answer as text', async () => {
  await page.getByLabel('Prompt').fill('<img src=x onerror=alert(1)> ORD-9999?')
  await page.getByRole('button', { name: 'Send' }).click()
  await page.getByText('There is no order ORD-9999.').waitFor()
  expect(await page.locator('#answer img').count()).toBe(0)
})

it('does not violate its own content security policy', () => {
  expect(violations).toEqual([])
})
