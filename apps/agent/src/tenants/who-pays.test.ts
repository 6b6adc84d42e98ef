import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../settings/settings.ts'
import { whoPays } from './who-pays.ts'

const KEY = 'key-of-contoso'
const TENANT_KEYS = `contoso=${createHash('sha256').update(KEY).digest('hex')}`
const AZURE_OPENAI_ENDPOINT = 'https://account.openai.azure.com'

function payer(variables: Record<string, string>, headers: Record<string, string>, claimed?: string) {
  return whoPays(readSettings(variables))({ headers }, claimed)
}

describe('with the embedded model', () => {
  it('uses the tenant in the body, else a default', () => {
    expect(payer({}, {}, 'contoso')).toBe('contoso')
    expect(payer({}, {})).toBe('local')
  })

  it('refuses the tenants of the probes', () => {
    expect(() => payer({}, {}, 'health')).toThrow('`tenant` cannot be')
  })
})

describe('with tenant keys', () => {
  it('finds the tenant of the key', () => {
    expect(payer({ TENANT_KEYS }, { authorization: `Bearer ${KEY}` })).toBe('contoso')
  })

  it('refuses a claim, even beside a good key', () => {
    expect(() => payer({ TENANT_KEYS }, { authorization: `Bearer ${KEY}` }, 'fabrikam')).toThrow(
      '`tenant` is not accepted',
    )
  })

  it('refuses a wrong key, and none', () => {
    expect(() => payer({ TENANT_KEYS }, { authorization: 'Bearer wrong' })).toThrow('with the key of a tenant')
    expect(() => payer({ TENANT_KEYS }, {})).toThrow('with the key of a tenant')
  })
})

describe('behind App Service authentication', () => {
  const headers = { 'x-ms-client-principal-id': '7d3a0c3e-2f0b-4b63-9d53-0f7f3f1f0c11' }

  it('uses the principal as the tenant, only if TRUST_APP_SERVICE_AUTH is set', () => {
    expect(payer({ AZURE_OPENAI_ENDPOINT, TRUST_APP_SERVICE_AUTH: 'true' }, headers)).toMatch(/^principal:7d3a/)
    expect(() => payer({ AZURE_OPENAI_ENDPOINT }, headers)).toThrow('has no tenants yet')
  })
})
