import { describe, expect, it } from 'vitest'
import { AzdEnvironment } from '../fixtures/azd.ts'
import {
  type Answers,
  catalogued,
  continuedAt,
  DEPLOYED,
  listed,
  paths,
  SITE_ID,
  startAzure,
  usage,
} from '../fixtures/azure.ts'

const KEYS = `contoso=${'0'.repeat(64)}`
type Story = { readonly azure?: Answers; readonly variables?: Readonly<Record<string, string>> }

async function preprovision({ azure = {}, variables = {} }: Story) {
  const environment = new AzdEnvironment({ LOCAL_AZURE_URL: await startAzure(azure), TENANT_KEYS: KEYS, ...variables })
  const { code, output } = await environment.run('preprovision')
  return { code, output, calls: environment.calls }
}

const nano = catalogued('gpt-5.4-nano', '2026-03-17')
const armed = (minutesAgo: number) => {
  const timestampUtc = new Date(Date.now() - minutesAgo * 60_000).toISOString()
  const tags = { 'azd-service-name': 'agent', 'healer-armed-by': timestampUtc }
  return {
    ...DEPLOYED,
    [SITE_ID]: { id: SITE_ID, name: 'app-agent-1', tags, properties: { slotSwapStatus: { timestampUtc } } },
  }
}

describe('a provision is stopped, and nothing is changed, by', () => {
  it.each<[string, Story, RegExp]>([
    [
      'too little quota of a model',
      { azure: { [paths.modelUsages]: listed(usage('OpenAI.GlobalStandard.gpt-5.4-mini', 990, 1000)) } },
      /quota of gpt-5\.4-mini in swedencentral leaves 10 of the 50 .*: azd env set PRIMARY_MODEL_CAPACITY 10$/m,
    ],
    [
      'no quota of a model',
      { azure: { [paths.modelUsages]: listed(usage('OpenAI.GlobalStandard.gpt-5.4-mini', 0, 0)) } },
      /azd env set AZURE_LOCATION <another region>/,
    ],
    [
      'no quota of the plan',
      { azure: { [paths.planUsages]: listed(usage('P0v3 VMs', 0, 0)) } },
      /quota of P0v3 plans in swedencentral is 0, .*: azd env set PLAN_SKU/,
    ],
    [
      'a model that is closed to new deployments',
      {
        azure: {
          [paths.models]: listed(catalogued('gpt-5.4-mini', '2026-03-17', { lifecycleStatus: 'Deprecating' }), nano),
        },
      },
      /gpt-5\.4-mini 2026-03-17 is closed to new deployments in swedencentral; there are gpt-5\.4-nano .*: azd env set PRIMARY_MODEL gpt-5\.4-nano/,
    ],
    [
      'a model that the region does not have',
      { azure: { [paths.models]: listed(nano) } },
      /There is no gpt-5\.4-mini in swedencentral; there are gpt-5\.4-nano/,
    ],
    [
      'a version that the region does not have',
      { variables: { PRIMARY_MODEL_VERSION: '2025-01-01' } },
      /no version 2025-01-01 in swedencentral, but 2026-03-17: azd env set PRIMARY_MODEL_VERSION 2026-03-17/,
    ],
    [
      'a SKU that the model does not have there',
      { variables: { DOWNSHIFT_MODEL_SKU: 'Standard' } },
      /not to be had as Standard in swedencentral, but as GlobalStandard: azd env set DOWNSHIFT_MODEL_SKU GlobalStandard/,
    ],
    [
      'a right that is missing',
      { azure: { [paths.permissions]: listed({ actions: ['*'], notActions: ['Microsoft.Authorization/*/Write'] }) } },
      /may not Microsoft\.Authorization\/roleAssignments\/write, .*: az role assignment create/,
    ],
    [
      'a subscription that is not the login’s',
      { azure: { [paths.subscription]: 403 } },
      /cannot read the subscription .*: azd auth login/,
    ],
    [
      'a resource group of somebody else',
      { azure: { [paths.group]: { tags: {} } } },
      /rg-llmops is there and belongs .*: .*azd env new/,
    ],
    [
      'an account that was deleted but not purged',
      {
        azure: {
          [paths.deletedAccounts]: listed({ id: '/x/resourceGroups/rg-llmops/deletedAccounts/oai-1', name: 'oai-1' }),
        },
      },
      /: az cognitiveservices account purge --name oai-1 --resource-group rg-llmops --location swedencentral$/m,
    ],
    [
      'a vault that was deleted but not purged',
      {
        azure: {
          [paths.deletedVaults]: listed({
            name: 'kv-1',
            properties: { vaultId: '/x/resourceGroups/RG-llmops/providers/kv-1' },
          }),
        },
      },
      /: az keyvault purge --name kv-1$/m,
    ],
    [
      'a vault that was deleted but not purged, on a later page of the list',
      {
        azure: {
          [paths.deletedVaults]: continuedAt('/page/2', { name: 'kv-0' }),
          '/page/2': continuedAt('/page/3'),
          '/page/3': listed({ name: 'kv-1', properties: { vaultId: '/x/resourceGroups/rg-llmops/providers/kv-1' } }),
        },
      },
      /: az keyvault purge --name kv-1$/m,
    ],
    [
      'settings with a comma at their end',
      { variables: { AGENT_SETTINGS: 'MAX_STEPS=5,' } },
      /AGENT_SETTINGS is 'MAX_STEPS=5,'; accepted is NAME=value/,
    ],
    [
      'a setting without a value',
      { variables: { AGENT_SETTINGS: 'MAX_STEPS' } },
      /AGENT_SETTINGS is 'MAX_STEPS'; accepted is NAME=value/,
    ],
    [
      'a setting that is named twice',
      { variables: { AGENT_SETTINGS: 'MAX_STEPS=5,MAX_STEPS=6' } },
      /AGENT_SETTINGS is .*; accepted is NAME=value.* each name once/,
    ],
    [
      'a model that was set to nothing',
      { variables: { PRIMARY_MODEL: '' } },
      /PRIMARY_MODEL is set to nothing; its default is: azd env set PRIMARY_MODEL gpt-5\.4-mini$/m,
    ],
    [
      'an armed healer',
      { azure: armed(30) },
      /healer watches over the promotion .*: wait until .* or azd env set PROVISION_WHILE_ARMED true/,
    ],
    [
      'a decimal comma',
      { variables: { BUDGET_USD_PER_TENANT: '0,05' } },
      /'0,05'; accepted is .* point: azd env set BUDGET_USD_PER_TENANT 0\.05$/m,
    ],
    [
      'a key in place of its hash',
      { variables: { TENANT_KEYS: 'contoso=the-key' } },
      /TENANT_KEYS is set \(15 characters, not shown\)/,
    ],
    ['the same model twice', { variables: { PRIMARY_MODEL: 'gpt-5.4-nano' } }, /Both models are gpt-5\.4-nano/],
    [
      'a setting that the agent would refuse',
      { variables: { AGENT_SETTINGS: 'PROMPT_VERSION=v0' } },
      /PROMPT_VERSION is 'v0'; accepted is one of/,
    ],
    [
      'a setting that has a parameter',
      { variables: { AGENT_SETTINGS: 'PRIMARY_MODEL=x' } },
      /AGENT_SETTINGS names PRIMARY_MODEL/,
    ],
  ])('%s', async (_, story, sentence) => {
    const { code, output, calls } = await preprovision(story)
    expect(output).toMatch(sentence)
    expect(output.match(/^preflight: ✗/gm), output).toHaveLength(1)
    expect(code).toBe(1)
    expect(calls).toEqual([])
  })
})

describe('a provision goes on', () => {
  it.each<[string, Story, RegExp]>([
    ['where nothing stands in the way', {}, /^preflight: nothing stands in the way\.$/m],
    [
      'where it was meant all the same',
      { variables: { USE_REDIS: 'yes', SKIP_PREFLIGHT: 'true' } },
      /USE_REDIS is 'yes'/,
    ],
    ['two hours after a promotion', { azure: armed(121) }, /nothing stands in the way/],
    [
      'while the healer is armed, where that was meant',
      { azure: armed(30), variables: { PROVISION_WHILE_ARMED: 'true' } },
      /nothing stands/,
    ],
    [
      'with what is there already, whatever became of its model or its quota',
      {
        azure: {
          ...DEPLOYED,
          [paths.models]: listed(catalogued('gpt-5.4-mini', '2026-03-17', { lifecycleStatus: 'Deprecating' }), nano),
          [paths.modelUsages]: listed(usage('OpenAI.GlobalStandard.gpt-5.4-nano', 50, 50)),
          [paths.planUsages]: listed(usage('P0v3', 1, 1)),
        },
      },
      /! gpt-5\.4-mini 2026-03-17 is closed to new deployments in swedencentral; yours stays/,
    ],
    [
      'and says which settings it removes',
      {
        azure: {
          ...DEPLOYED,
          [paths.settings]: { properties: { SLOT_NAME: 'x', MINE: '1' } },
          [paths.stagingSettings]: { properties: { PROMPT_VERSION: 'v' } },
        },
      },
      /! A provision removes what was set by hand: MINE \(production\), PROMPT_VERSION \(staging\); .*: azd env set AGENT_SETTINGS "MINE=<value>,PROMPT_VERSION=<value>"/,
    ],
    [
      'and says nothing of a setting that it makes',
      {
        azure: { ...DEPLOYED, [paths.settings]: { properties: { MINE: '1' } } },
        variables: { AGENT_SETTINGS: 'MINE=2' },
      },
      /nothing stands in the way/,
    ],
    [
      'with several instances, and says what they lack',
      { variables: { INSTANCE_COUNT: '2' } },
      /Each of 2 instances would have a budget of its own: azd env set USE_REDIS true/,
    ],
    [
      'with instances that autoscale may add, and says what they lack',
      { variables: { MAX_INSTANCE_COUNT: '6' } },
      /Each of 6 instances would have a budget of its own/,
    ],
    [
      'with the settings that authentication in front of /mcp makes',
      {
        azure: { ...DEPLOYED, [paths.settings]: { properties: { TRUST_APP_SERVICE_AUTH: 'true' } } },
        variables: { MCP_AUTH_CLIENT_ID: '01234567-89ab-cdef-0123-456789abcdef' },
      },
      /nothing stands in the way/,
    ],
    [
      'without a login, with a word',
      { variables: { LOGGED_OUT: '1' } },
      /skipped .*: ERROR: not logged in, run `azd auth login`/,
    ],
    [
      'offline, with a word',
      { variables: { LOCAL_AZURE_URL: 'http://127.0.0.1:9' } },
      /skipped .*: Azure cannot be reached/,
    ],
    [
      'without a subscription, with a word',
      { variables: { AZURE_SUBSCRIPTION_ID: '' } },
      /skipped .*: no subscription or region is chosen yet/,
    ],
  ])('%s', async (_, story, sentence) => {
    const { code, output, calls } = await preprovision(story)
    expect(output).toMatch(sentence)
    expect(code, output).toBe(0)
    expect(calls).toEqual([])
  })
})

it('a token is sent to no address but Azure’s and this machine’s', async () => {
  const { output } = await preprovision({ variables: { LOCAL_AZURE_URL: 'http://203.0.113.9' } })
  expect(output).toMatch(/skipped .*: LOCAL_AZURE_URL is http:\/\/203\.0\.113\.9; it gets tokens/)
})
