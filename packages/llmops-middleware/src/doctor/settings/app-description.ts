import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import {
  anyText,
  type ChecksOf,
  checkValue,
  flag,
  listOf,
  objectOf,
  oneOf,
  required,
  text,
  where,
  whole,
} from '../../check.ts'
import type { ModelTarget } from '../models/model-target.ts'
import { bounded } from '../probes/bounded.ts'
import { findUp } from './find-up.ts'

/**
 * What an app can describe about itself, so that the doctor knows the app's own settings too. The app's `package.json`
 * names a module, `"llmops": { "describe": "./describe.js" }`, whose function `describe(variables)` returns it.
 */
export type AppDescription = {
  readonly settings?: readonly DescribedSetting[]
  /** The model endpoints that it uses. An empty list: it uses none. */
  readonly models?: readonly DescribedModel[]
  readonly port?: number
  readonly dataFolder?: string
  /** The SQLite file of the budget. */
  readonly ledgerFile?: string
}

export type DescribedSetting = {
  readonly variable: string
  /** What holds where it is not set. */
  readonly default?: string
  readonly isSecret?: boolean
  /** What is wrong with the value. */
  readonly problem?: string
}

export type DescribedModel = {
  readonly name?: string
  /** The variable that names it. */
  readonly from: string
  readonly baseUrl: string
  readonly wire?: ModelTarget['wire']
  readonly model: string
  /** The variable with its key. */
  readonly keyVariable?: string
  /** A key that is no secret. */
  readonly key?: string
  /** What a token of the app's identity is for. */
  readonly identityResource?: string
}

const SETTING: ChecksOf<DescribedSetting> = {
  variable: required(text),
  default: anyText,
  isSecret: flag,
  problem: anyText,
}

const MODEL: ChecksOf<DescribedModel> = {
  name: text,
  from: required(text),
  baseUrl: required(where('a URL', (value) => typeof value === 'string' && URL.canParse(value))),
  wire: oneOf('openai', 'anthropic'),
  model: required(text),
  keyVariable: text,
  key: anyText,
  identityResource: text,
}

const DESCRIPTION: ChecksOf<AppDescription> = {
  settings: listOf(objectOf(SETTING)),
  models: listOf(objectOf(MODEL)),
  port: whole(1, 65_535),
  dataFolder: text,
  ledgerFile: text,
}

type Variables = Readonly<Record<string, string | undefined>>

export type Described =
  | { readonly kind: 'none' }
  | { readonly kind: 'described'; readonly file: string; readonly app: AppDescription }
  | { readonly kind: 'failed'; readonly file: string; readonly error: Error }

const LOAD_MS = 3000

/** Asks the app in the folder, or in one above it, to describe itself. */
export async function describeApp(cwd: string, variables: Variables, signal: AbortSignal): Promise<Described> {
  const manifest = findUp(cwd, 'package.json')
  const module = manifest && describeModuleOf(manifest)
  if (!module) return { kind: 'none' }
  const file = resolve(manifest, '..', module)
  const asked = await bounded(LOAD_MS, signal, async () => {
    const { describe } = (await import(pathToFileURL(file).href)) as { describe?: unknown }
    if (typeof describe !== 'function') throw new TypeError('it exports no function called describe')
    const app: unknown = await describe(variables)
    if (typeof app !== 'object' || app === null) throw new TypeError('its describe(variables) returned no object')
    checkValue(app, objectOf(DESCRIPTION), 'describe')
    return app as AppDescription
  })
  return asked.ok ? { kind: 'described', file, app: asked.value } : { kind: 'failed', file, error: asked.error }
}

function describeModuleOf(manifest: string): string | undefined {
  try {
    const { llmops } = JSON.parse(readFileSync(manifest, 'utf8')) as { llmops?: { describe?: unknown } }
    return typeof llmops?.describe === 'string' ? llmops.describe : undefined
  } catch {
    // The check of the packages reports what is wrong with the module.
    return undefined
  }
}

export function modelsOf(app: AppDescription, variables: Variables): ModelTarget[] | undefined {
  return app.models?.map((described) => {
    const { name, from, baseUrl, wire = 'openai', model, keyVariable = 'key', identityResource } = described
    const url = new URL(baseUrl)
    const key = described.key ?? variables[keyVariable]
    const header = wire === 'anthropic' ? 'x-api-key' : 'authorization'
    const credential: ModelTarget['credential'] = identityResource
      ? { kind: 'identity', resource: identityResource }
      : key
        ? { kind: 'key', variable: keyVariable, key, header }
        : { kind: 'none' }
    return { name: name ?? url.host, from, wire, baseUrl: url, credential, model }
  })
}
