import { describe, expect, it } from 'vitest'
import { startTestPlatform } from '../../test/support/start-test-platform.ts'

const MANAGEMENT = 'https://management.azure.com/'

describe('the managed identity of the agent', () => {
  it('gets a token where App Service says, and may not swap with it', async () => {
    const platform = await startTestPlatform()
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER, AZURE_CLIENT_ID } = await environment(platform.productionUrl)
    const query = `resource=${encodeURIComponent(MANAGEMENT)}&api-version=2019-08-01&client_id=${AZURE_CLIENT_ID}`
    const headers = { 'x-identity-header': IDENTITY_HEADER! }
    const response = await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers })
    const { access_token: token } = (await response.json()) as { access_token: string }

    const refused = await fetch(`${platform.armUrl}${platform.siteId}?api-version=2024-04-01`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(refused.status).toBe(403)
    expect(await refused.json()).toMatchObject({ error: { code: 'AuthorizationFailed' } })
  })

  it('gets none without the secret of its process, for another identity, or without a resource', async () => {
    const platform = await startTestPlatform()
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = await environment(platform.productionUrl)
    const ask = async (query: string, secret: string) =>
      (await fetch(`${IDENTITY_ENDPOINT}?${query}`, { headers: { 'x-identity-header': secret } })).status
    expect(await ask(`resource=${MANAGEMENT}`, 'guessed')).toBe(401)
    expect(await ask(`resource=${MANAGEMENT}&client_id=someone`, IDENTITY_HEADER!)).toBe(400)
    expect(await ask('', IDENTITY_HEADER!)).toBe(400)
  })

  it('is refused by ARM with a token for something else', async () => {
    const platform = await startTestPlatform()
    const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = await environment(platform.productionUrl)
    const query = 'resource=https://cognitiveservices.azure.com'
    const response = await fetch(`${IDENTITY_ENDPOINT}?${query}`, {
      headers: { 'x-identity-header': IDENTITY_HEADER! },
    })
    const { access_token: token } = (await response.json()) as { access_token: string }
    const refused = await fetch(`${platform.armUrl}${platform.siteId}?api-version=2024-04-01`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(await refused.json()).toMatchObject({ error: { code: 'InvalidAuthenticationTokenAudience' } })
  })
})

async function environment(url: string): Promise<Record<string, string>> {
  return (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
}
