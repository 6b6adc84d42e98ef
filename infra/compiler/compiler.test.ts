import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findBicep, runBicep } from './bicep.ts'
import { lint, snapshotDrift, unformatted } from './infrastructure.ts'

const bicep = findBicep()
if (bicep.kind === 'missing') {
  console.warn(`infra: not compiled, because ${bicep.reason}; the rest is checked on the committed snapshot.`)
}

describe.runIf(bicep.kind === 'found')('the Bicep compiler', { timeout: 60_000 }, () => {
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

  it('deploys nothing with a decimal comma, which Azure would take for a limit of 0', () => {
    expect(parametersOf({ COST_PER_TASK_LIMIT_USD: '0,05' }, 'snapshot').output).toContain('write it with a point')
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
    expect(parametersOf(variables).values).toMatchObject({
      primaryModel: { name: 'gpt-5.6-luna', version: '2026-07-09', skuName: 'DataZoneStandard', capacity: 7 },
      reasoningEffort: 'none',
      agentSettings: { SEARCH_URL: 'https://s.example.com/?a=b', MAX_STEPS: '9' },
      useRedis: true,
      keepsFirstTenantKey: true,
    })
  })

  it('compiles the parameters before any variable is set, as azd does before its hooks', () => {
    expect(parametersOf({}).values).toMatchObject({ agentSettings: {}, keepsFirstTenantKey: false })
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

  function parametersOf(variables: Readonly<Record<string, string>>, command = 'build-params') {
    const target = join(mkdtempSync(join(tmpdir(), 'parameters-')), 'out.json')
    onTestFinished(() => rmSync(dirname(target), { recursive: true }))
    const args = command === 'snapshot' ? SNAPSHOT : [command, 'main.bicepparam', '--outfile', target]
    const { output } = runBicep(path, args, undefined, variables)
    if (!existsSync(target)) return { output, values: {} }
    const { parameters } = JSON.parse(readFileSync(target, 'utf8')) as {
      parameters: Record<string, { value: unknown }>
    }
    return { output, values: Object.fromEntries(Object.entries(parameters).map(([name, { value }]) => [name, value])) }
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
