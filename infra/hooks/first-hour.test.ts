// What `azd up` runs, in its order, with a stand-in for azd and for Azure.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { callOf, readFirstKey, untilReady } from './first-tenant.ts'
import { TenantStub } from './fixtures/agent.ts'
import { AzdEnvironment } from './fixtures/azd.ts'
import { type Answers, continuedAt, DEPLOYED, paths, startAzure } from './fixtures/azure.ts'

const hashOf = (key: string) => createHash('sha256').update(key).digest('hex')

it('a first deployment goes to production, then to staging, and ends with a curl that the agent answers', async () => {
  const environment = new AzdEnvironment({ LOCAL_AZURE_URL: await startAzure() })
  expect((await environment.run('preprovision')).code).toBe(0)
  const { FIRST_TENANT_KEY: key = '', TENANT_KEYS: hashes } = environment.variables
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(hashes).toBe(`first=${hashOf(key)}`)

  await environment.run('postprovision')
  expect(environment.variables).toMatchObject({ FIRST_TENANT_KEY: '', AZD_DEPLOY_AGENT_SLOT_NAME: 'production' })

  const agent = await TenantStub.start(hashOf(key))
  Object.assign(environment.variables, {
    AGENT_URL: agent.url,
    AZURE_KEY_VAULT_NAME: 'kv-1',
    LOCAL_AZURE_URL: await startAzure({ [paths.firstKey]: { value: key } }),
  })
  const first = await environment.run('postdeploy')
  expect(first.output).not.toContain(key)
  expect(environment.calls.slice(-2)).toEqual([
    'env set AZD_DEPLOY_AGENT_SLOT_NAME staging',
    'deploy agent --no-prompt',
  ])

  // As azd runs it for the second deployment.
  const { output } = await environment.run('postdeploy')
  const curl = output.split('\n').find((line) => line.trim().startsWith('curl'))!
  const { stdout } = await promisify(execFile)('sh', ['-c', curl])
  expect(stdout).toBe('{"answer":"Where is my order ORD-1001?"}')

  const later = await environment.run('postdeploy')
  expect(later).toEqual({ code: 0, output: '' })
})

it('a later provision changes neither the keys nor the slot', async () => {
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure(DEPLOYED),
    TENANT_KEYS: `contoso=${hashOf('k')}`,
    AZD_DEPLOY_AGENT_SLOT_NAME: 'staging',
  })
  await environment.run('preprovision')
  await environment.run('postprovision')
  expect(environment.calls).toEqual([])
})

const NAMES = { AZURE_RESOURCE_GROUP: 'rg-llmops', AZURE_WEBAPP_NAME: 'app-agent-1' }

it('both slots read the vault again after a provision, as it has new tokens that the healer uses at once', async () => {
  const asked: string[] = []
  const answers = { [paths.refresh]: {}, [paths.stagingRefresh]: {} }
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure(answers, asked),
    AZD_DEPLOY_AGENT_SLOT_NAME: 'staging',
    ...NAMES,
  })
  expect(await environment.run('postprovision')).toEqual({ code: 0, output: '' })
  expect(asked).toEqual([`POST ${paths.refresh}`, `POST ${paths.stagingRefresh}`])
})

it('a provision says how to make a slot read the vault again that did not, and does not fail', async () => {
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure({ [paths.refresh]: {}, [paths.stagingRefresh]: 403 }),
    AZD_DEPLOY_AGENT_SLOT_NAME: 'staging',
    ...NAMES,
  })
  const { code, output } = await environment.run('postprovision')
  expect(output).toMatch(
    /staging may have the tokens of before .*403.*\n +az rest --method post --url .*slots\/staging.*refresh/,
  )
  expect(output).not.toContain('production')
  expect(code).toBe(0)
})

it.each([
  [
    'is deployed',
    { azure: DEPLOYED, variables: {} },
    /app-agent-1 has tenants, whom .* would lock out: azd env set TENANT_KEYS .*az keyvault secret show/,
  ],
  [
    'cannot be asked for',
    { azure: {}, variables: { LOGGED_OUT: '1' } },
    /TENANT_KEYS is not set, and .* could not be asked: azd auth login/,
  ],
])('the keys of an agent that %s are never replaced', async (_, { azure, variables }, sentence) => {
  const environment = new AzdEnvironment({ LOCAL_AZURE_URL: await startAzure(azure), ...variables })
  const { code, output } = await environment.run('preprovision')
  expect(output).toMatch(sentence)
  expect(code).toBe(1)
  expect(environment.calls).toEqual([])
})

it.each<[string, Answers, Record<string, string>]>([
  ['its resource group may not be read', { [paths.group]: 403 }, {}],
  ['its site cannot be listed', { [paths.sites]: 500 }, {}],
  ['its subscription may not be read', { [paths.subscription]: 403 }, { SKIP_PREFLIGHT: 'true' }],
  [
    'its site is on the second page of a list',
    { [paths.sites]: continuedAt('/page/2'), '/page/2': DEPLOYED[paths.sites] },
    {},
  ],
])('the keys of an agent that is deployed are not replaced though %s', async (_, answers, variables) => {
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure({ ...DEPLOYED, ...answers }),
    ...variables,
  })
  const { code, output } = await environment.run('preprovision')
  expect(output).toMatch(/would lock out|could not be asked/)
  expect(code).toBe(1)
  expect(environment.calls).toEqual([])
})

it('what was torn down comes back whole: in production too, with a new key, since the old one went with its vault', async () => {
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure(),
    TENANT_KEYS: `first=${hashOf('gone')}`,
    FIRST_TENANT_KEY: '',
    FIRST_TENANT_KEY_SHOWN: 'true',
    AZD_DEPLOY_AGENT_SLOT_NAME: 'staging',
  })
  expect((await environment.run('preprovision')).code).toBe(0)
  const { FIRST_TENANT_KEY: key = '' } = environment.variables
  expect(key).toMatch(/^[0-9a-f]{64}$/)
  expect(environment.variables['TENANT_KEYS']).toBe(`first=${hashOf(key)}`)
  await environment.run('postprovision')
  expect(environment.variables).toMatchObject({
    AZD_DEPLOY_AGENT_SLOT_NAME: 'production',
    FIRST_TENANT_KEY_SHOWN: 'false',
  })
})

it('a deployment that was torn down comes back with the keys that its user chose', async () => {
  const TENANT_KEYS = `contoso=${hashOf('k')}`
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure(),
    TENANT_KEYS,
    FIRST_TENANT_KEY: '',
    FIRST_TENANT_KEY_SHOWN: 'true',
    AZD_DEPLOY_AGENT_SLOT_NAME: 'staging',
  })
  await environment.run('preprovision')
  await environment.run('postprovision')
  expect(environment.variables).toMatchObject({
    AZD_DEPLOY_AGENT_SLOT_NAME: 'production',
    TENANT_KEYS,
    FIRST_TENANT_KEY: '',
  })
})

it('a key that was made before a provision failed is kept for the next', async () => {
  const environment = new AzdEnvironment({ LOCAL_AZURE_URL: await startAzure(), FIRST_TENANT_KEY: 'a'.repeat(64) })
  await environment.run('preprovision')
  expect(environment.variables['TENANT_KEYS']).toBe(`first=${hashOf('a'.repeat(64))}`)
})

it('a key that cannot be read is not lost: the command that reads it is printed, and once more next time', async () => {
  const agent = await TenantStub.start('')
  const environment = new AzdEnvironment({
    LOCAL_AZURE_URL: await startAzure(),
    FIRST_TENANT_KEY_SHOWN: 'false',
    AZURE_KEY_VAULT_NAME: 'kv-1',
    AGENT_URL: agent.url,
  })
  const { code, output } = await environment.run('postdeploy')
  expect(output).toContain(
    'az keyvault secret show --vault-name kv-1 --name first-tenant-key --query value --output tsv',
  )
  expect(code).toBe(0)
  expect(environment.variables['FIRST_TENANT_KEY_SHOWN']).toBe('false')
})

/** Answers one status after the other, the last forever; and how long was slept. */
function answering(...statuses: number[]) {
  let sleptMs = 0
  const read = async () => ({
    status: statuses.length > 1 ? statuses.shift()! : statuses[0]!,
    body: { value: 'the-key' },
  })
  const sleep = async (ms: number) => {
    sleptMs += ms
  }
  return { waiting: { read, sleep }, sleptMs: () => sleptMs }
}

it.each([
  ['at once', [200], 'the-key', 0],
  ['when the role has arrived', [403, 403, 200], 'the-key', 10_000],
  ['not longer than two minutes', [403], undefined, 120_000],
  ['not at all where nothing will come', [404], undefined, 0],
])('the vault is asked again: %s', async (_, statuses, key, ms) => {
  const { waiting, sleptMs } = answering(...statuses)
  expect(await readFirstKey(waiting)).toBe(key)
  expect(sleptMs()).toBe(ms)
})

it.each([
  [[503, 503, 200], 200, 10_000],
  [[503], 503, 120_000],
])('the agent is waited for while it answers %j', async (statuses, status, ms) => {
  const { waiting, sleptMs } = answering(...statuses)
  expect(await untilReady(waiting)).toBe(status)
  expect(sleptMs()).toBe(ms)
})

it('on Windows what asks the agent is a command of PowerShell, which starts no program', () => {
  expect(callOf('https://a.example', 'k', 'win32')).toBe(
    `Invoke-RestMethod https://a.example/chat -Method Post -ContentType application/json -Headers @{authorization='Bearer k'} -Body '{"prompt":"Where is my order ORD-1001?"}'`,
  )
})
