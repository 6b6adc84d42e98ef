import { swaps } from './alerts.ts'
import type { TestPlatform } from './start-test-platform.ts'

/** Swaps as a person would: nothing is armed by it. */
export async function swapByHand(platform: TestPlatform): Promise<void> {
  const url = `${platform.armUrl}${platform.siteId}/slots/staging/slotsswap?api-version=2024-04-01`
  const headers = { authorization: `Bearer ${platform.operatorToken()}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ targetSlot: 'production', preserveVnet: true })
  const before = swaps(platform)
  const { status } = await fetch(url, { method: 'POST', headers, body })
  if (status !== 202) throw new Error(`ARM answered the swap with ${status}.`)
  await platform.until(() => swaps(platform) > before)
}
