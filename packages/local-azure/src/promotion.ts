import { setTimeout as delay } from 'node:timers/promises'

export type PromotionOptions = {
  armUrl: string
  siteId: string
  token: string
  /** Where production answers `/health`, whose release becomes the last known good one. */
  productionUrl: string
  candidateSlot: string
}

/** The tags that arm the healer; its workflow reads the same names. */
const armingTags = { swap: 'healer-armed-by', release: 'healer-last-known-good' } as const

type SiteBody = { properties: { slotSwapStatus: { timestampUtc: string } | null } }

/**
 * Swaps the candidate into production and arms the healer for this one swap: the time of the swap and the release that
 * it replaced become tags of the site. Whoever swaps later changes the time and thereby disarms it.
 */
export async function promote(options: PromotionOptions): Promise<void> {
  const release = await readRelease(options.productionUrl)
  const swap = await call(options, 'POST', `/slots/${options.candidateSlot}/slotsswap`, {
    targetSlot: 'production',
    preserveVnet: true,
  })
  await waitFor(options, swap.headers.get('location'))
  const site = (await (await call(options, 'GET', '')).json()) as SiteBody
  const timestamp = site.properties.slotSwapStatus?.timestampUtc
  if (timestamp === undefined)
    throw new Error('The swap has ended, but the site reports none; the healer is not armed.')
  await call(options, 'PATCH', '/providers/Microsoft.Resources/tags/default', {
    operation: 'Merge',
    properties: { tags: { [armingTags.swap]: timestamp, [armingTags.release]: release } },
  })
}

async function readRelease(productionUrl: string): Promise<string> {
  const response = await fetch(new URL('/health', productionUrl))
  const { release } = (await response.json()) as { release?: unknown }
  if (typeof release === 'string' && release !== '') return release
  throw new Error(`${productionUrl}/health names no release, so nothing could be restored; nothing was changed.`)
}

async function waitFor(options: PromotionOptions, location: string | null): Promise<void> {
  if (location === null) throw new Error('ARM accepted the swap without saying where its result will be.')
  const { pathname, search } = new URL(location)
  for (;;) {
    const response = await send(options, 'GET', `${pathname}${search}`)
    if (response.status !== 202) return
    await delay(50)
  }
}

function call(options: PromotionOptions, method: string, path: string, body?: unknown): Promise<Response> {
  return send(options, method, `${options.siteId}${path}?api-version=2024-04-01`, body)
}

async function send({ armUrl, token }: PromotionOptions, method: string, path: string, body?: unknown) {
  const response = await fetch(new URL(path, armUrl), {
    method,
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (response.status < 400) return response
  throw new Error(`${method} ${path} was answered with ${response.status}: ${await response.text()}`)
}
