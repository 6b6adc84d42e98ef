// What the compiler lets pass, although Azure would not, or a reviewer should not.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSettings } from '../apps/agent/src/settings/settings.ts'
import {
  type App,
  ofType,
  only,
  outputs,
  type RoleAssignment,
  resources,
  settingsOf,
  snapshotText,
} from './committed-snapshot.ts'

const site = only<App>('Microsoft.Web/sites')
const slot = only<App>('Microsoft.Web/sites/slots')
const apps = [site, slot]

const placeSettings = [
  'SLOT_NAME',
  'ADMIN_TOKEN',
  'TENANT_KEYS',
  'MCP_HANDLE_KEY',
  'WEBSITE_SWAP_WARMUP_PING_PATH',
  'WEBSITE_SWAP_WARMUP_PING_STATUSES',
]
const releaseSettings = ['PRIMARY_MODEL', 'DOWNSHIFT_MODEL', 'BUDGET_USD_PER_TENANT', 'AZURE_OPENAI_ENDPOINT']

describe('the snapshot', () => {
  it('has every id and name resolved', () => {
    for (const { id, name } of resources) expect(`${id} ${name}`).not.toContain('[')
  })

  it('leaves only expressions that the local platform resolves', () => {
    const left = [...snapshotText.matchAll(/": "\[([a-zA-Z]+)\(/g)].map(([, name]) => name)
    expect(new Set(left)).toEqual(
      new Set(['reference', 'tenant', 'newGuid', 'parameters', 'environment', 'listCallbackUrl']),
    )
  })

  it('has no secret in an output or in a setting', () => {
    expect(JSON.stringify(outputs)).not.toMatch(/listCallbackUrl|newGuid|listKeys|sig=/)
    for (const name of ['ADMIN_TOKEN', 'TENANT_KEYS', 'PROBE_TOKEN', 'MCP_HANDLE_KEY'])
      for (const app of apps) expect(settingsOf(app)[name], name).toMatch(/^@Microsoft\.KeyVault\(/)
  })

  it('has every secret that a setting refers to, and a role to read it', () => {
    const references = apps.flatMap((app) => [
      ...Object.values(settingsOf(app))
        .join()
        .matchAll(/SecretName=([\w-]+)\)/g),
    ])
    const names = [...new Set(references.map(([, name]) => name))].sort()
    expect(names).toEqual(['admin-token', 'mcp-handle-key', 'probe-token', 'tenant-keys'])
    const secrets = ofType('Microsoft.KeyVault/vaults/secrets')
    expect(secrets.map(({ name }) => name.split('/')[1]).sort()).toEqual(names)
    const roles = ofType<RoleAssignment>('Microsoft.Authorization/roleAssignments')
    for (const { id } of secrets) {
      const reader = roles.find((role) => role.id.startsWith(`${id}/`))
      expect(reader?.properties.roleDefinitionId, id).toMatch(/4633458b-17de-408a-b874-0445c86b69e6$/)
    }
  })

  it('has names that are short enough for Azure', () => {
    expect(only('Microsoft.KeyVault/vaults').name.length).toBeLessThanOrEqual(24)
    // The host name of the slot carries both names.
    expect(`${site.name}-${slot.name.split('/')[1]}`.length).toBeLessThanOrEqual(59)
  })

  it('has the azd service tag on the site only', () => {
    const tagged = resources.filter(({ tags }) => tags?.['azd-service-name'] !== undefined)
    expect(tagged.map(({ type }) => type)).toEqual(['Microsoft.Web/sites'])
  })
})

describe('the web app', () => {
  it.each(apps)('$type runs a supported Node, over TLS only', ({ properties }) => {
    expect(properties).toMatchObject({ httpsOnly: true, clientAffinityEnabled: false })
    expect(properties.siteConfig).toMatchObject({
      linuxFxVersion: 'NODE|24-lts',
      alwaysOn: true,
      healthCheckPath: '/health',
      minTlsVersion: '1.2',
      scmMinTlsVersion: '1.2',
      ftpsState: 'Disabled',
    })
  })

  it.each(apps)('$type does not swap by itself', ({ properties }) => {
    expect(properties.siteConfig).not.toHaveProperty('autoSwapSlotName')
  })

  it.each(apps)('$type stops a swap whose candidate answers anything but 200', (app) => {
    expect(settingsOf(app)).toMatchObject({
      WEBSITE_SWAP_WARMUP_PING_PATH: '/health/ready',
      WEBSITE_SWAP_WARMUP_PING_STATUSES: '200',
    })
  })

  it.each(apps)('$type mounts its package as it is', (app) => {
    expect(settingsOf(app)).toMatchObject({ WEBSITE_RUN_FROM_PACKAGE: '1', SCM_DO_BUILD_DURING_DEPLOYMENT: 'false' })
  })

  it('has the same settings on both slots', () => {
    expect(Object.keys(settingsOf(slot))).toEqual(Object.keys(settingsOf(site)))
  })

  it('keeps with the slot what belongs to a place, and lets travel what belongs to a release', () => {
    const [production, staging] = [settingsOf(site), settingsOf(slot)]
    const differing = Object.keys(production).filter((name) => production[name] !== staging[name])
    for (const name of [...differing, ...placeSettings]) expect(stickyNames(), name).toContain(name)
    for (const name of releaseSettings) expect(stickyNames(), name).not.toContain(name)
  })

  it('declares no name sticky that is no setting', () => {
    for (const name of stickyNames()) expect(Object.keys(settingsOf(site))).toContain(name)
  })

  it('runs as the same identity on both slots', () => {
    const identities = apps.map(({ identity }) => Object.keys(identity?.userAssignedIdentities ?? {}))
    expect(identities[0]).toHaveLength(1)
    expect(identities[0]).toEqual(identities[1])
  })
})

describe('the workbook', () => {
  const { properties } = only<{ serializedData: string; sourceId: string }>('Microsoft.Insights/workbooks')

  it('is the one that is built from the queries', () => {
    expect(properties.serializedData).toBe(
      readFileSync(join(import.meta.dirname, '../observability/workbook.json'), 'utf8'),
    )
  })

  it('belongs to the telemetry of production', () => {
    expect(properties.sourceId).toMatch(/components\/appi-production-/)
  })
})

describe('telemetry', () => {
  const components = ofType<{ DisableLocalAuth: boolean }>('Microsoft.Insights/components')

  it('is taken from the identity of the agent only', () => {
    const roles = ofType<RoleAssignment>('Microsoft.Authorization/roleAssignments')
    for (const { id, properties } of components) {
      expect(properties.DisableLocalAuth, id).toBe(true)
      const sender = roles.find((role) => role.id.startsWith(`${id}/`))
      expect(sender?.properties.roleDefinitionId, id).toMatch(/3913510d-42f4-4e42-8a64-420c390055eb$/)
      expect(sender?.properties.principalId, id).toContain('userAssignedIdentities/id-agent-')
    }
    expect(components).toHaveLength(2)
  })

  it('has a limit a day', () => {
    expect(only('Microsoft.OperationalInsights/workspaces').properties).toMatchObject({
      workspaceCapping: { dailyQuotaGb: expect.any(Number) },
    })
  })
})

describe('the model account', () => {
  it('takes no key', () => {
    expect(only('Microsoft.CognitiveServices/accounts').properties).toMatchObject({ disableLocalAuth: true })
  })

  it.each(apps)('has what $type asks for', (app) => {
    const deployed = ofType('Microsoft.CognitiveServices/accounts/deployments').map(({ name }) => name.split('/')[1])
    const { PRIMARY_MODEL, DOWNSHIFT_MODEL } = settingsOf(app)
    expect(deployed).toEqual(expect.arrayContaining([PRIMARY_MODEL, DOWNSHIFT_MODEL]))
  })

  it.each(apps)('has what $type would ask for by itself', (app) => {
    const { primary, downshift } = readSettings({}).model
    expect(settingsOf(app)).toMatchObject({ PRIMARY_MODEL: primary, DOWNSHIFT_MODEL: downshift })
  })
})

function stickyNames(): readonly string[] {
  const configs = ofType<{ appSettingNames: readonly string[] }>('Microsoft.Web/sites/config')
  return configs.find(({ id }) => id.endsWith('/slotConfigNames'))?.properties.appSettingNames ?? []
}
