import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findBicep, folder, runBicep } from './bicep.ts'
import { lint, snapshotDrift, unformatted } from './infrastructure.ts'

const bicep = findBicep()
if (bicep.kind === 'missing') {
  console.warn(`infra: not compiled, because ${bicep.reason}; the rest is checked on the committed snapshot.`)
}

describe.runIf(bicep.kind === 'found')('the Bicep compiler', () => {
  const path = bicep.kind === 'found' ? bicep.path : ''

  it('has nothing against the infrastructure', () => {
    expect(lint(path)).toEqual([])
  })

  it('would change the format of no file', () => {
    expect(unformatted(path)).toEqual([])
  })

  it('predicts what is committed in main.snapshot.json', () => {
    expect(snapshotDrift(path)).toBeUndefined()
  })

  it('reads from the azd environment what the documentation tells people to change', () => {
    const variables = {
      PRIMARY_MODEL: 'gpt-5.6-luna',
      PRIMARY_MODEL_VERSION: '2026-07-09',
      PRIMARY_MODEL_SKU: 'DataZoneStandard',
      PRIMARY_MODEL_CAPACITY: '7',
      REASONING_EFFORT: 'none',
      AGENT_SETTINGS: 'SEARCH_URL=https://s.example.com/?a=b, MAX_STEPS=9',
      USE_REDIS: 'true',
      FIRST_TENANT_KEY: 'k',
    }
    expect(parametersOf(variables)).toMatchObject({
      primaryModel: { name: 'gpt-5.6-luna', version: '2026-07-09', skuName: 'DataZoneStandard', capacity: 7 },
      reasoningEffort: 'none',
      agentSettings: { SEARCH_URL: 'https://s.example.com/?a=b', MAX_STEPS: '9' },
      useRedis: true,
      keepsFirstTenantKey: true,
    })
  })

  it('compiles the parameters before any variable is set, as azd does before its hooks', () => {
    expect(parametersOf({})).toMatchObject({ agentSettings: {}, keepsFirstTenantKey: false })
  })

  it('is committed with one instance, which nothing scales, and takes the keys of tenants at /mcp', () => {
    const deployed = predicted({})
    expect(only(deployed, 'Microsoft.Web/serverfarms')).toMatchObject({ sku: { capacity: 1 } })
    // Both are deployed, or a provision could not switch off what an earlier one switched on.
    expect(only(deployed, 'Microsoft.Insights/autoscaleSettings').properties).toMatchObject({
      enabled: false,
      profiles: [{ capacity: { minimum: '1', maximum: '1' } }],
    })
    const guards = deployed.filter(({ id }) => id.endsWith('/authsettingsV2'))
    expect(guards.map(({ properties }) => properties)).toEqual(Array(2).fill({ platform: { enabled: false } }))
  })

  it('scales between two numbers of instances, out by any metric and in by all', () => {
    const deployed = predicted({ INSTANCE_COUNT: '2', MAX_INSTANCE_COUNT: '6' })
    const plan = only(deployed, 'Microsoft.Web/serverfarms')
    expect(plan).toMatchObject({ sku: { capacity: 2 } })
    const { properties } = only(deployed, 'Microsoft.Insights/autoscaleSettings')
    expect(properties).toMatchObject({
      enabled: true,
      targetResourceUri: plan.id,
      profiles: [{ capacity: { minimum: '2', maximum: '6', default: '2' } }],
    })
    const { rules } = (properties as { profiles: [{ rules: readonly Rule[] }] }).profiles[0]
    const told = rules.map(({ metricTrigger, scaleAction }) => [metricTrigger.metricName, scaleAction.direction])
    expect(told).toEqual([
      ['CpuPercentage', 'Increase'],
      ['MemoryPercentage', 'Increase'],
      ['CpuPercentage', 'Decrease'],
      ['MemoryPercentage', 'Decrease'],
    ])
  })

  it('puts App Service in front of /mcp on both slots, with a 401 that says where to get a token, and of nothing else', () => {
    const clientId = '01234567-89ab-cdef-0123-456789abcdef'
    const deployed = predicted({ MCP_AUTH_CLIENT_ID: clientId })
    const guards = deployed.filter(({ id }) => id.endsWith('/authsettingsV2'))
    expect(guards).toHaveLength(2)
    for (const { properties } of guards) {
      expect(properties).toMatchObject({
        platform: { enabled: true },
        globalValidation: { requireAuthentication: true, unauthenticatedClientAction: 'Return401' },
        identityProviders: { azureActiveDirectory: { registration: { clientId } } },
      })
      const { excludedPaths } = (properties as { globalValidation: { excludedPaths: readonly string[] } })
        .globalValidation
      expect([...excludedPaths].sort()).toEqual(documentedPaths().filter((path) => path !== '/mcp'))
    }
    const settings = deployed.filter(({ id }) => id.endsWith('/config/appsettings'))
    expect(settings).toHaveLength(2)
    for (const { properties } of settings) {
      expect(properties).toMatchObject({
        TRUST_APP_SERVICE_AUTH: 'true',
        WEBSITE_AUTH_PRM_DEFAULT_WITH_SCOPES: `api://${clientId}/user_impersonation`,
      })
    }
  })

  it('writes to one site one after the other', () => {
    const { output } = runBicep(path, ['build', 'app/agent.bicep', '--stdout'])
    const writes = writesToSites(output)
    expect(writes.length).toBeGreaterThan(8)
    for (const [index, write] of writes.entries()) {
      for (const other of writes.slice(index + 1)) {
        expect(write.after.has(other.id) || other.after.has(write.id), `${write.id} and ${other.id}`).toBe(true)
      }
    }
  })

  /** What would be deployed with the variables set. */
  function predicted(variables: Readonly<Record<string, string>>): Predicted[] {
    const copy = mkdtempSync(join(tmpdir(), 'predicted-'))
    onTestFinished(() => rmSync(copy, { recursive: true }))
    // The snapshot is written beside its parameters.
    const infra = relative(copy, folder)
    const parameters = readFileSync(join(folder, 'main.bicepparam'), 'utf8')
    const moved = parameters
      .replace("'main.bicep'", `'${infra}/main.bicep'`)
      .replace("'models.json'", `'${infra}/models.json'`)
    writeFileSync(join(copy, 'main.bicepparam'), moved)
    const args = SNAPSHOT.with(-1, 'overwrite')
    const { exitCode, output } = runBicep(path, args, copy, variables)
    if (exitCode !== 0) throw new Error(output)
    const text = readFileSync(join(copy, 'main.snapshot.json'), 'utf8')
    return (JSON.parse(text) as { predictedResources: Predicted[] }).predictedResources
  }

  function parametersOf(variables: Readonly<Record<string, string>>) {
    const target = join(mkdtempSync(join(tmpdir(), 'parameters-')), 'out.json')
    onTestFinished(() => rmSync(dirname(target), { recursive: true }))
    const args = ['build-params', 'main.bicepparam', '--outfile', target]
    const { output } = runBicep(path, args, undefined, variables)
    if (!existsSync(target)) throw new Error(output)
    const { parameters } = JSON.parse(readFileSync(target, 'utf8')) as {
      parameters: Record<string, { value: unknown }>
    }
    return Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value]))
  }
})

const SNAPSHOT = [
  'snapshot',
  'main.bicepparam',
  '--subscription-id',
  '00000000-0000-0000-0000-000000000001',
  '--location',
  'x',
  '--mode',
  'validate',
]

type Predicted = { readonly id: string; readonly type: string; readonly properties: unknown }
type Rule = {
  readonly metricTrigger: { readonly metricName: string }
  readonly scaleAction: { readonly direction: string }
}

function only(resources: readonly Predicted[], wanted: string): Predicted {
  // Types compare without regard to case, as Azure compares them.
  const found = resources.filter(({ type }) => type.toLowerCase() === wanted.toLowerCase())
  expect(found, wanted).toHaveLength(1)
  return found[0]!
}

/** The paths that the table in the README of the agent has, in order. */
function documentedPaths(): string[] {
  const readme = readFileSync(join(folder, '../apps/agent/README.md'), 'utf8')
  const rows = [...readme.matchAll(/^\| (`.*) \|$/gm)].map(([, row]) => row!)
  const paths = rows.flatMap((cell) =>
    [...cell.matchAll(/`(?:GET |POST )?(\/[^`:]*)(?::\w+)?`/g)].map(([, path]) => path!),
  )
  return [...new Set(paths.map((path) => path.replace(/^\/(admin|api|page)\b.*$/, '/$1/*')))].sort()
}

type Write = { readonly id: string; readonly after: ReadonlySet<string> }
type Compiled = {
  readonly type: string
  readonly name: string
  readonly scope?: string
  readonly dependsOn?: readonly string[]
}

/** The site, its slot and all that belongs to either, each with everything that is written before it. */
function writesToSites(template: string): Write[] {
  const { resources } = JSON.parse(template) as { resources: Compiled[] }
  const known = new Map(resources.map((resource) => [idOf(resource), resource]))
  const ofSites = resources.filter(({ type, scope = '' }) => `${type} ${scope}`.includes('Microsoft.Web/sites'))
  return ofSites.map((resource) => ({ id: idOf(resource), after: before(idOf(resource), known) }))
}

/** As `dependsOn` writes it: a name of several parts is a format of them. */
function idOf({ type, name }: Compiled): string {
  const parts = /^\[format\('[^']*', (.*)\)\]$/.exec(name)?.[1] ?? /^\[(.*)\]$/.exec(name)?.[1] ?? `'${name}'`
  return `[resourceId('${type}', ${parts})]`
}

function before(id: string, known: ReadonlyMap<string, Compiled>, found = new Set<string>()): Set<string> {
  for (const other of known.get(id)?.dependsOn ?? []) {
    if (found.has(other)) continue
    found.add(other)
    before(other, known, found)
  }
  return found
}
