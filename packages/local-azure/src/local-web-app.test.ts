import { planSwap } from 'promotion'
import { expect, it } from 'vitest'
import { startTestPlatform } from '../test/support/start-test-platform.ts'
import { localWebApp } from './local-web-app.ts'

it('a login without a role at the site reads which right it lacks, and swaps nothing', async () => {
  const platform = await startTestPlatform()
  const app = await localWebApp({ armUrl: platform.armUrl, token: await tokenOfAgent(platform.productionUrl) })
  await expect(planSwap(app)).rejects.toThrow(
    /lacks a right at the .*ask for the role Website Contributor.*Microsoft\.Web\/sites\//,
  )
  expect(platform.events.some(({ kind }) => kind === 'swap started')).toBe(false)
})

it('a login that is no longer valid reads that it must log in again', async () => {
  const platform = await startTestPlatform()
  const app = await localWebApp({ armUrl: platform.armUrl, token: 'expired' })
  await expect(planSwap(app)).rejects.toThrow('does not accept this login')
})

/** The token that the agent's own identity gets, which may call models and nothing else. */
async function tokenOfAgent(url: string): Promise<string> {
  const environment = (await (await fetch(`${url}/environment`)).json()) as Record<string, string>
  const response = await fetch(`${environment['IDENTITY_ENDPOINT']}?resource=https://management.azure.com/`, {
    headers: { 'x-identity-header': environment['IDENTITY_HEADER']! },
  })
  return ((await response.json()) as { access_token: string }).access_token
}
