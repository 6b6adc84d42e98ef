import { swaps } from './alerts.ts'
import type { TestPlatform } from './start-test-platform.ts'

type SlotName = 'production' | 'staging'

/** Asks for a swap as a person would: by default from the other side than the healer. */
export async function sendSwap(platform: TestPlatform, source: SlotName = 'production'): Promise<number> {
  const [slot, target] = source === 'production' ? ['', 'staging'] : ['/slots/staging', 'production']
  const url = `${platform.armUrl}${platform.siteId}${slot}/slotsswap?api-version=2024-04-01`
  const headers = { authorization: `Bearer ${platform.operatorToken()}`, 'content-type': 'application/json' }
  const body = JSON.stringify({ targetSlot: target, preserveVnet: true })
  return (await fetch(url, { method: 'POST', headers, body })).status
}

/** Swaps as a person would: nothing is armed by it. */
export async function swapByHand(platform: TestPlatform, source?: SlotName): Promise<void> {
  const before = swaps(platform)
  const status = await sendSwap(platform, source)
  if (status !== 202) throw new Error(`ARM answered the swap with ${status}.`)
  await platform.until(() => swaps(platform) > before)
}
