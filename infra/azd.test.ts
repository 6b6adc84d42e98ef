// azure.yaml in the shape that its schema asks for (Azure/azure-dev, schemas/v1.0/azure.yaml.json), and hooks that do
// what it says of them.
import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { parse } from 'yaml'
import { only, outputs, resources } from './committed-snapshot.ts'

const root = join(import.meta.dirname, '..')

type Script = { readonly shell: string; readonly run: string }
type Hooks = Readonly<Record<string, { readonly posix: Script; readonly windows: Script }>>
type Service = {
  readonly project: string
  readonly language: string
  readonly host: string
  readonly dist: string
  readonly remoteBuild: boolean
  readonly config: Readonly<Record<string, string>>
  readonly hooks: Hooks
}
type AzureYaml = {
  readonly name: string
  readonly requiredVersions: { readonly azd: string }
  readonly infra: { readonly provider: string; readonly path: string; readonly module: string }
  readonly hooks: Hooks
  readonly services: Readonly<Record<string, Service>>
}

const azureYaml = parse(readFileSync(join(root, 'azure.yaml'), 'utf8')) as AzureYaml
const [[serviceName, service]] = Object.entries(azureYaml.services) as [[string, Service]]

describe('azure.yaml', () => {
  test('has a name and a version that azd accepts', () => {
    expect(azureYaml.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    expect(azureYaml.requiredVersions.azd).toMatch(/^>= \d+\.\d+\.\d+$/)
  })

  test('uses no key that the schema does not have', () => {
    const keys = ['name', 'metadata', 'requiredVersions', 'infra', 'hooks', 'services']
    expect(keys).toEqual(expect.arrayContaining(Object.keys(azureYaml)))
    const serviceKeys = ['project', 'language', 'host', 'dist', 'remoteBuild', 'config', 'hooks']
    expect(serviceKeys).toEqual(expect.arrayContaining(Object.keys(service)))
    expect(['preprovision', 'postprovision', 'predeploy', 'postdeploy', 'preup', 'postup', 'predown']).toEqual(
      expect.arrayContaining(Object.keys(azureYaml.hooks)),
    )
    expect(['prepackage', 'postpackage', 'predeploy', 'postdeploy']).toEqual(
      expect.arrayContaining(Object.keys(service.hooks)),
    )
  })

  test('leads to files that are there', () => {
    expect(existsSync(join(root, azureYaml.infra.path, `${azureYaml.infra.module}.bicep`))).toBe(true)
    expect(existsSync(join(root, service.project, 'package.json'))).toBe(true)
  })

  test('deploys what its hook has made, as it is', () => {
    expect(service).toMatchObject({ host: 'appservice', language: 'js', remoteBuild: false })
    expect(service.config).toEqual({ packageManager: 'pnpm' })
    const [, made] = /package-agent\.ts (\S+)$/.exec(service.hooks['prepackage']!.posix.run) ?? []
    expect(made).toBe(join(service.project, service.dist))
  })

  test('names the service that a site is tagged with', () => {
    expect(only('Microsoft.Web/sites').tags).toMatchObject({ 'azd-service-name': serviceName })
    expect(resources.length).toBeGreaterThan(0)
  })

  test.each([
    ['the project', azureYaml.hooks, root],
    ['the service', service.hooks, join(root, service.project)],
  ])('has hooks of %s that run a script which exists, the same on every system', (_, hooks, folder) => {
    for (const { posix, windows } of Object.values(hooks)) {
      expect(posix.shell).toBe('sh')
      expect(windows.shell).toBe('pwsh')
      expect(windows.run).toBe(posix.run)
      const [, directory = '.', script] = /^npx --yes pnpm@12(?: --dir (\S+))? exec node (\S+)/.exec(posix.run) ?? []
      expect(existsSync(join(folder, directory, script!)), script).toBe(true)
    }
  })

  test('gives the commands what they look for', () => {
    for (const name of ['AZURE_RESOURCE_GROUP', 'AZURE_WEBAPP_NAME']) expect(outputs).toHaveProperty(name)
  })
})

describe('the hook that chooses a slot', () => {
  test('sends the first deployment to production', () => {
    expect(callsOf('postprovision', '')).toEqual(['env set AZD_DEPLOY_AGENT_SLOT_NAME production'])
  })

  test('sends the same build to staging afterwards, and from then on nothing else', () => {
    expect(callsOf('postdeploy', 'production')).toEqual([
      'env set AZD_DEPLOY_AGENT_SLOT_NAME staging',
      'deploy agent --no-prompt',
    ])
    expect(callsOf('postdeploy', 'staging')).toEqual([])
    expect(callsOf('postprovision', 'staging')).toEqual([])
  })
})

/** What the hook asks of azd. */
function callsOf(hook: string, slot: string): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'azd-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const log = join(folder, 'calls')
  writeFileSync(log, '')
  writeFileSync(join(folder, 'azd'), `#!/bin/sh\necho "$@" >> '${log}'\n`)
  chmodSync(join(folder, 'azd'), 0o755)
  execFileSync(process.execPath, [join(root, 'infra/hooks/target-slot.ts'), hook], {
    env: { PATH: `${folder}${delimiter}${process.env['PATH']}`, AZD_DEPLOY_AGENT_SLOT_NAME: slot },
  })
  return readFileSync(log, 'utf8').split('\n').filter(Boolean)
}
