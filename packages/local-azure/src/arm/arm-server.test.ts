import { WebSiteManagementClient } from '@azure/arm-appservice'
import { createDefaultHttpClient, type PipelineRequest } from '@azure/core-rest-pipeline'
import { describe, expect, it } from 'vitest'
import { startTestPlatform, type TestPlatform } from '../../test/support/start-test-platform.ts'

const VERSION = 'api-version=2024-04-01'
const swapBody = { targetSlot: 'production', preserveVnet: true }

describe('ARM on loopback', () => {
  it('is driven by the Azure SDK as the real one is', async () => {
    const platform = await startTestPlatform()
    const client = sdkClient(platform)
    const [, , , , resourceGroup, , , , site] = platform.siteId.split('/')

    await client.webApps.swapSlot(resourceGroup!, site!, 'staging', swapBody, { updateIntervalInMs: 20 })
    expect(await platform.release('production')).toBe('v2')
    const { slotSwapStatus, tags } = await client.webApps.get(resourceGroup!, site!)
    expect(slotSwapStatus).toMatchObject({ sourceSlotName: 'staging', destinationSlotName: 'production' })
    expect(tags).toMatchObject({ 'azd-service-name': 'agent' })
  })

  it('accepts a swap at once, says where its result will be, and returns it when the swap is done', async () => {
    const platform = await startTestPlatform()
    const accepted = await call(platform, 'POST', `/slots/staging/slotsswap?${VERSION}`, swapBody)
    expect(accepted.status).toBe(202)
    const location = new URL(accepted.headers.get('location')!)
    expect(location.host).toBe('management.azure.com')

    const path = `${location.pathname.slice(platform.siteId.length)}${location.search}`
    expect((await call(platform, 'GET', path)).status).toBe(202)
    await platform.until(() => platform.events.some(({ kind }) => kind === 'swap done'))
    expect((await call(platform, 'GET', path)).status).toBe(200)
  })

  it('refuses a second swap while one runs', async () => {
    const platform = await startTestPlatform()
    const path = `/slots/staging/slotsswap?${VERSION}`
    const [first, second] = await Promise.all([
      call(platform, 'POST', path, swapBody),
      call(platform, 'POST', path, swapBody),
    ])
    expect([first.status, second.status].sort()).toEqual([202, 409])
    await platform.until(() => platform.events.some(({ kind }) => kind === 'swap done'))
  })

  it('requires a token that it issued, with itself as the audience', async () => {
    const platform = await startTestPlatform()
    const url = `${platform.armUrl}${platform.siteId}?${VERSION}`
    const [header, payload] = platform.operatorToken().split('.')
    const forged = `${header}.${payload}.AAAA`
    for (const headers of [{}, { authorization: 'Bearer nonsense' }, { authorization: `Bearer ${forged}` }]) {
      expect((await fetch(url, { headers: headers as Record<string, string> })).status).toBe(401)
    }
  })

  it.each([
    ['an unknown slot', 'POST', `/slots/nowhere/slotsswap?${VERSION}`, swapBody, 404],
    ['a body without preserveVnet', 'POST', `/slots/staging/slotsswap?${VERSION}`, { targetSlot: 'production' }, 400],
    ['a swap of a slot with itself', 'POST', `/slotsswap?${VERSION}`, swapBody, 400],
    ['no api-version', 'GET', '', undefined, 400],
    ['an operation that never was', 'GET', `/slots/staging/operationresults/1?${VERSION}`, undefined, 404],
    ['an unknown address', 'DELETE', `?${VERSION}`, undefined, 404],
    ['tags that are not strings', 'PATCH', `/providers/Microsoft.Resources/tags/default?${VERSION}`, {}, 400],
  ])('refuses %s with an error of Azure and changes nothing', async (_, method, path, body, status) => {
    const platform = await startTestPlatform()
    const response = await call(platform, method, path, body)
    expect(response.status).toBe(status)
    expect(await response.json()).toMatchObject({ error: { code: expect.any(String), message: expect.any(String) } })
    expect(platform.events.some(({ kind }) => kind === 'swap started')).toBe(false)
  })
})

function call(platform: TestPlatform, method: string, path: string, body?: unknown): Promise<Response> {
  return fetch(`${platform.armUrl}${platform.siteId}${path}`, {
    method,
    headers: { authorization: `Bearer ${platform.operatorToken()}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
}

/** The Azure SDK with a transport that sends its requests to loopback. */
function sdkClient(platform: TestPlatform): WebSiteManagementClient {
  const transport = createDefaultHttpClient()
  const credential = {
    getToken: async () => ({ token: platform.operatorToken(), expiresOnTimestamp: Date.now() + 3_600_000 }),
  }
  const httpClient = {
    sendRequest: (request: PipelineRequest) => {
      const { pathname, search } = new URL(request.url)
      // Changes a copy, because the SDK reads the URL of the request again when it follows Location.
      const copy = { ...request, url: `${platform.armUrl}${pathname}${search}`, allowInsecureConnection: true }
      return transport.sendRequest(copy)
    },
  }
  return new WebSiteManagementClient(credential, platform.siteId.split('/')[2]!, {
    httpClient,
    apiVersion: '2024-04-01',
  })
}
