import { join } from 'node:path'
import sharp from 'sharp'
import { launchChromium } from 'test-support/chromium'
import { generate } from './generated-figures.ts'
import { startPretendAgent } from './pretend-agent.ts'

// Takes the pictures of docs/dashboard.md again: node --conditions=llmops-source test/dashboard/screenshots.ts

const FOLDER = join(import.meta.dirname, '../../../../docs/dashboard')
const NOW_MS = new Date(2026, 10, 26, 3, 12, 40).getTime()
const MINUTE = 60_000

/** Enough to see what the page is like, and small enough to be kept. */
const VIEWS = [
  { name: 'overview', path: () => '#/1h', heights: { 1440: 1390, 768: 1560, 320: 1560 } },
  { name: 'task', path: (id: string) => `#/task/${id}`, heights: { 1440: 1130, 768: 1130, 320: 1130 } },
] as const
const WIDTHS = [1440, 768, 320] as const

const incident = { fromMs: NOW_MS - 31 * MINUTE, toMs: NOW_MS - 22 * MINUTE }
const agent = await startPretendAgent(generate({ seed: 7, window: '1h', nowMs: NOW_MS, incident }))
const browser = await launchChromium()
const failed = agent.figures.tasks.find(({ outcome }) => outcome === 'failure')!
for (const { name, path, heights } of VIEWS) {
  for (const width of WIDTHS) {
    for (const colorScheme of ['light', 'dark'] as const) {
      const page = await browser.newPage({ viewport: { width, height: heights[width] }, colorScheme })
      await page.clock.setFixedTime(NOW_MS + 200)
      await page.goto(`${agent.url}/${path(failed.id)}`)
      await page
        .locator(name === 'task' ? '.call' : '#tenants-panel tbody tr')
        .first()
        .waitFor()
      const picture = await page.screenshot()
      await sharp(picture)
        .png({ palette: true, colours: 48, dither: 0, effort: 10 })
        .toFile(join(FOLDER, `${name}-${width}-${colorScheme}.png`))
      await page.close()
    }
  }
}
await browser.close()
await agent.goAway()
