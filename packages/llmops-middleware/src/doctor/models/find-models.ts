import type { ModelTarget } from './model-target.ts'
import { PROVIDERS, type Provider } from './providers.ts'

type Variables = Readonly<Record<string, string | undefined>>

/** The model that the command line names: it goes before what the environment says. */
export type NamedModel = {
  readonly baseUrl?: URL | undefined
  /** The wire of `baseUrl`. @default 'openai' */
  readonly wire?: ModelTarget['wire'] | undefined
  /** The variable that holds the key for `baseUrl`. @default no key */
  readonly keyVariable?: string | undefined
  readonly model?: string | undefined
}

/** Every model endpoint that the environment, the app or the command line names. */
export function findModels(variables: Variables, told: readonly ModelTarget[] | undefined, named: NamedModel) {
  const found = named.baseUrl
    ? [namedTarget(named.baseUrl, variables, named)]
    : (told ?? PROVIDERS.flatMap((provider) => configured(provider, variables)))
  return found.map((target) => (named.model === undefined ? target : { ...target, model: named.model }))
}

function namedTarget(baseUrl: URL, variables: Variables, { wire = 'openai', keyVariable, model }: NamedModel) {
  const key = keyVariable && variables[keyVariable]
  const header = wire === 'anthropic' ? 'x-api-key' : 'authorization'
  const credential = key ? ({ kind: 'key', variable: keyVariable, key, header } as const) : ({ kind: 'none' } as const)
  return { name: baseUrl.host, from: '--base-url', wire, baseUrl, credential, model }
}

function configured(provider: Provider, variables: Variables): ModelTarget[] {
  const { name, wire, defaultUrl, path = '', keyHeader: header, identityResource } = provider
  const url = first(provider.urlVariables, variables)
  const key = first(provider.keyVariables, variables)
  const address = url?.value ?? (key ? defaultUrl : undefined)
  // A setting that cannot be parsed is reported by the check of the settings; no model is asked.
  if (address === undefined || !isHttp(address)) return []
  const baseUrl = new URL(address)
  if (path && !baseUrl.pathname.startsWith(path)) baseUrl.pathname = path
  const model = (first(provider.modelVariables, variables) ?? first(['MODEL', 'LLM_MODEL'], variables))?.value
  const from = url?.name ?? key!.name
  return [{ name, from, wire, baseUrl, isDefault: !url, credential: credential(), model }]

  function credential(): ModelTarget['credential'] {
    if (key) return { kind: 'key', variable: key.name, key: key.value, header }
    return identityResource ? { kind: 'identity', resource: identityResource } : { kind: 'none' }
  }
}

const isHttp = (address: string) => URL.canParse(address) && /^https?:$/.test(new URL(address).protocol)

function first(names: readonly string[], variables: Variables): { name: string; value: string } | undefined {
  for (const name of names) {
    const value = variables[name]?.trim()
    if (value) return { name, value }
  }
  return undefined
}
