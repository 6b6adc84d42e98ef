import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { SLO_FILE } from '../objectives/index.ts'
import { InvalidSettingsError } from './invalid-settings-error.ts'
import { readSettings } from './settings.ts'

const HASH = 'a'.repeat(64)

describe('readSettings', () => {
  it('needs nothing for development: loopback, the embedded model, the newest good prompt', () => {
    const settings = readSettings({})
    expect(settings).toMatchObject({ host: '127.0.0.1', port: 3000, promptVersion: 'support-v3' })
    expect(settings.model.endpoint).toEqual({ kind: 'embedded' })
  })

  it('names every problem at once, with the value and what is accepted', () => {
    const variables = {
      PORT: 'eighty',
      BUDGET_USD_PER_TENANT: '-5',
      PROMPT_VERSION: 'v0',
      LOCAL_MODEL_URL: 'http://10.0.0.1',
    }
    expect(
      problemsOf(variables)
        .map(({ variable }) => variable)
        .sort(),
    ).toEqual(Object.keys(variables).sort())
    expect(messageOf(variables)).toContain("PORT is 'eighty'; accepted is a whole number from 0 to 65535.")
  })

  it('reads the objectives from slo.yaml, and refuses to start with an invalid file', () => {
    expect(readSettings({}).limits.latencyObjectiveMs).toBe(readSettings({}).objectives.latencyMs)
    const folder = mkdtempSync(join(tmpdir(), 'slo-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const path = join(folder, 'slo.yaml')
    writeFileSync(path, readFileSync(SLO_FILE, 'utf8').replace(/^taskSuccess: .*$/m, 'taskSuccess: 99'))
    expect(() => readSettings({}, path)).toThrow(
      new RegExp(`^The agent cannot start: 1 .*\n  taskSuccess in ${path} is 99; accepted is a share .*\\.$`),
    )
    expect(() => readSettings({}, join(folder, 'other.yaml'))).toThrow(`${join(folder, 'other.yaml')} is missing`)
  })

  it.each(['health', 'synthetic'])(
    'refuses a key for the tenant %s, which pays for tasks of the agent itself',
    (tenant) => {
      const message = messageOf({ TENANT_KEYS: `contoso=${HASH},${tenant}=${HASH}` })
      expect(message).toContain('no tenant called health or synthetic')
    },
  )

  it('accepts a key for a tenant with a similar name', () => {
    expect(readSettings({ TENANT_KEYS: `contoso=${HASH},healthy=${HASH}` }).tenants.keyHashes.size).toBe(2)
  })

  it('refuses a host name with a port or a scheme', () => {
    expect(messageOf({ ALLOWED_HOSTS: 'shop.example.com,http://other' })).toContain('host names without ports')
    expect(readSettings({ ALLOWED_HOSTS: 'shop.example.com' }).allowedHosts).toContain('shop.example.com')
  })

  it('never prints a secret', () => {
    expect(messageOf({ ADMIN_TOKEN: 'hunter2' })).toMatch(/ADMIN_TOKEN is set \(7 characters, not shown\)/)
  })

  it('treats an empty variable as unset', () => {
    expect(readSettings({ REDIS_URL: ' ' }).budget.redisUrl).toBeUndefined()
  })

  it('refuses a Key Vault reference that App Service could not resolve', () => {
    const reference = '@Microsoft.KeyVault(VaultName=vault;SecretName=admin-token)'
    expect(messageOf({ ADMIN_TOKEN: reference })).toContain('a Key Vault reference that was not resolved')
  })

  it('refuses production without a model endpoint, and says what is missing', () => {
    expect(messageOf({ NODE_ENV: 'production' })).toMatch(
      /AZURE_OPENAI_ENDPOINT is missing; .*the embedded model is for development/,
    )
  })

  it('refuses the endpoint of a drill in production', () => {
    const variables = {
      NODE_ENV: 'production',
      LOCAL_MODEL_URL: 'http://127.0.0.1:9',
      AZURE_OPENAI_ENDPOINT: 'https://a.openai.azure.com',
    }
    expect(problemsOf(variables).map(({ variable }) => variable)).toEqual(['LOCAL_MODEL_URL'])
  })

  it('listens on every address on App Service, where loopback cannot be reached', () => {
    expect(readSettings({ WEBSITE_SITE_NAME: 'agent' }).host).toBe('0.0.0.0')
  })

  it('reads the hashes of several tenants', () => {
    const { keyHashes } = readSettings({ TENANT_KEYS: `contoso=${HASH}, fabrikam=${HASH}` }).tenants
    expect([...keyHashes.keys()]).toEqual(['contoso', 'fabrikam'])
  })

  it('refuses a tenant that is named twice, and a key in place of its hash', () => {
    expect(problemsOf({ TENANT_KEYS: `contoso=${HASH},contoso=${HASH}` })).toHaveLength(1)
    expect(problemsOf({ TENANT_KEYS: 'contoso=secret-key' })).toHaveLength(1)
  })
})

function problemsOf(variables: Record<string, string>) {
  return failureOf(variables).problems
}

function messageOf(variables: Record<string, string>) {
  return failureOf(variables).message
}

function failureOf(variables: Record<string, string>): InvalidSettingsError {
  try {
    readSettings(variables)
  } catch (error) {
    if (error instanceof InvalidSettingsError) return error
    throw error
  }
  throw new Error('The settings were accepted.')
}
