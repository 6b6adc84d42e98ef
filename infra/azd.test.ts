// azure.yaml in the shape that its schema asks for (Azure/azure-dev, schemas/v1.0/azure.yaml.json).
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { only, outputs, resources } from './committed-snapshot.ts'

const root = join(import.meta.dirname, '..')

type Script = { readonly shell: string; readonly run: string; readonly interactive: boolean }
type Hooks = Readonly<Record<string, { readonly posix: Script; readonly windows: Script }>>
type Service = {
  readonly project: string
  readonly language: string
  readonly host: string
  readonly dist: string
  readonly remoteBuild: boolean
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
  it('has a name and a version that azd accepts', () => {
    expect(azureYaml.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/)
    expect(azureYaml.requiredVersions.azd).toMatch(/^>= \d+\.\d+\.\d+$/)
  })

  it('uses no key that the schema does not have', () => {
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

  it('leads to files that are there', () => {
    expect(existsSync(join(root, azureYaml.infra.path, `${azureYaml.infra.module}.bicep`))).toBe(true)
    expect(existsSync(join(root, service.project, 'package.json'))).toBe(true)
  })

  it('deploys what its hook has made, as it is, and asks for no package manager', () => {
    expect(service).toMatchObject({ host: 'appservice', language: 'custom', remoteBuild: false })
    const start = readFileSync(join(root, 'infra/hooks/start.js'), 'utf8')
    expect(start).toContain(`['scripts/package-agent.ts', '${join(service.project, service.dist)}']`)
  })

  it('names the service that a site is tagged with', () => {
    expect(only('Microsoft.Web/sites').tags).toMatchObject({ 'azd-service-name': serviceName })
    expect(resources.length).toBeGreaterThan(0)
  })

  it.each([
    ['the project', azureYaml.hooks, root],
    ['the service', service.hooks, join(root, service.project)],
  ])('has hooks of %s that run a script which exists, the same on every system', (_, hooks, folder) => {
    for (const { posix, windows } of Object.values(hooks)) {
      expect(posix.shell).toBe('sh')
      expect(windows.shell).toBe('pwsh')
      expect(windows.run).toBe(posix.run)
      const [, script] = /^node (\S+\.js) [a-z]+$/.exec(posix.run) ?? []
      expect(existsSync(join(folder, script!)), script).toBe(true)
      // What a hook that is not interactive prints, azd takes back.
      expect([posix.interactive, windows.interactive]).toEqual([true, true])
    }
  })

  it('sets the variables that the commands read', () => {
    for (const name of ['AZURE_RESOURCE_GROUP', 'AZURE_WEBAPP_NAME']) expect(outputs).toHaveProperty(name)
  })
})
