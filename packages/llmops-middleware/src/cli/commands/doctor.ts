import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import { parseEnv } from 'node:util'
import { diagnose, LAYER_NAMES, LAYERS, type Layer, type Report, tableOf, variablesOf } from '../../doctor/index.ts'
import { nearest } from '../../nearest.ts'
import type { Command, Given } from '../command.ts'
import { EXIT } from '../exit-codes.ts'
import { UsageError } from '../usage-error.ts'

/** Not 2, which every command has for what could not run. */
const APP_IS_BROKEN = 3

export const doctor: Command = {
  options: {
    only: { type: 'string', value: 'LAYERS', description: 'only these layers, with commas between' },
    skip: { type: 'string', value: 'LAYERS', description: 'all layers but these' },
    calls: { type: 'string', value: 'N', description: 'how often each model is asked, 1 to 100 (1)' },
    'slow-ms': { type: 'string', value: 'MS', description: 'a first token that comes later is a failure (3000)' },
    'timeout-ms': {
      type: 'string',
      value: 'MS',
      description: 'how long a model, the app, the disk or packages may take (10000)',
    },
    'base-url': { type: 'string', value: 'URL', description: 'a model endpoint, instead of those that are set' },
    wire: { type: 'string', value: 'WIRE', description: "what it speaks, 'openai' or 'anthropic' (openai)" },
    'key-env': { type: 'string', value: 'NAME', description: 'the variable that holds its key' },
    model: { type: 'string', value: 'NAME', description: 'the model or deployment to ask' },
    app: { type: 'string', value: 'FOLDER', description: 'the folder of the app (this one)' },
    'app-url': { type: 'string', value: 'URL', description: 'where the app is (127.0.0.1, PORT)' },
    of: { type: 'string', value: 'PID', description: 'take the variables of that process instead of these' },
    'env-file': { type: 'string', value: 'PATH', description: 'variables, as NAME=value, which go before all others' },
    settings: { type: 'boolean', description: 'list each setting and where it comes from' },
    json: { type: 'boolean', description: 'print the report as JSON' },
  },
  details: () => `Layers:\n${LAYER_NAMES.map((layer) => `  ${layer.padEnd(9)} ${LAYERS[layer]}`).join('\n')}`,
  exitCodes: {
    0: 'something was asked, and nothing of it is broken',
    1: 'a layer under the app is broken; it is named',
    [APP_IS_BROKEN]: 'every layer under the app is fine, and the app is not',
  },
  async run({ options }, world) {
    const known = {
      ...(await variables(options['of'], world.env)),
      ...(options['env-file'] !== undefined && variablesIn(String(options['env-file']), world.cwd)),
    }
    const report = await diagnose({
      variables: known,
      cwd: folderOf(options['app'], world.cwd),
      signal: world.signal,
      layers: layersOf(options),
      calls: wholeNumber('calls', options['calls'], { from: 1, to: 100, otherwise: 1 }),
      slowMs: wholeNumber('slow-ms', options['slow-ms'], { from: 1, to: 600_000, otherwise: 3000 }),
      timeoutMs: wholeNumber('timeout-ms', options['timeout-ms'], { from: 1, to: 600_000, otherwise: 10_000 }),
      appUrl: url('app-url', options['app-url']),
      model: {
        baseUrl: url('base-url', options['base-url']),
        wire: wire(options['wire']),
        keyVariable: nameOfSet(options['key-env'], known),
        model: text(options['model']),
      },
    })
    const isLong = options['settings'] === true
    const isColoured = world.stdout.isTTY === true && !world.env['NO_COLOR']
    world.stdout.write(
      options['json'] ? `${JSON.stringify(report, null, 2)}\n` : tableOf(report, { isLong, isColoured }),
    )
    if (report.verdict === 'unknown') throw new UsageError(`${report.summary} ${report.next.join(' ')}`.trim())
    return exitCodeOf(report)
  },
}

function folderOf(folder: unknown, cwd: string): string {
  const path = typeof folder === 'string' ? resolve(cwd, folder) : cwd
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) return path
  throw new UsageError(`--app must be the folder of the app, got '${folder}'.`)
}

function exitCodeOf({ verdict }: Report): number {
  if (verdict === 'healthy') return EXIT.held
  return verdict === 'app' ? APP_IS_BROKEN : EXIT.didNotHold
}

function layersOf(options: Given['options']): readonly Layer[] {
  if (options['only'] !== undefined && options['skip'] !== undefined) {
    throw new UsageError('--only and --skip exclude each other: give one of them.')
  }
  if (options['only'] !== undefined) return layerList('only', options['only'])
  const skipped = options['skip'] === undefined ? [] : layerList('skip', options['skip'])
  return LAYER_NAMES.filter((layer) => !skipped.includes(layer))
}

function layerList(option: string, list: unknown): Layer[] {
  return String(list)
    .split(',')
    .map((name) => {
      const layer = LAYER_NAMES.find((layer) => layer === name.trim())
      if (layer) return layer
      const meant = nearest(name, LAYER_NAMES)
      const hint = meant === undefined ? '' : ` Did you mean '${meant}'?`
      throw new UsageError(`--${option} names '${name}'; the layers are ${LAYER_NAMES.join(', ')}.${hint}`)
    })
}

type Range = { readonly from: number; readonly to: number; readonly otherwise: number }

function wholeNumber(option: string, value: unknown, { from, to, otherwise }: Range): number {
  if (value === undefined) return otherwise
  const number = /^\d+$/.test(String(value)) ? Number(value) : Number.NaN
  if (number >= from && number <= to) return number
  throw new UsageError(`--${option} must be a whole number from ${from} to ${to}, got '${value}'.`)
}

function url(option: string, value: unknown): URL | undefined {
  if (value === undefined) return undefined
  const parsed = URL.canParse(String(value)) ? new URL(String(value)) : undefined
  if (parsed?.protocol === 'http:' || parsed?.protocol === 'https:') return parsed
  throw new UsageError(`--${option} must be an http or https URL, such as http://127.0.0.1:3000, got '${value}'.`)
}

function wire(value: unknown): 'openai' | 'anthropic' | undefined {
  if (value === undefined || value === 'openai' || value === 'anthropic') return value
  throw new UsageError(`--wire must be 'openai' or 'anthropic', got '${value}'.`)
}

const text = (value: unknown) => (typeof value === 'string' ? value : undefined)

async function variables(processId: unknown, env: Readonly<Record<string, string | undefined>>) {
  if (processId === undefined) return env
  const id = wholeNumber('of', processId, { from: 1, to: 2 ** 31, otherwise: 0 })
  try {
    return await variablesOf(id)
  } catch (error) {
    const { code } = error as { code?: string }
    throw new UsageError(`--of ${id}: its variables cannot be read (${code}). Name a process of this user.`)
  }
}

function variablesIn(file: string, cwd: string): Readonly<Record<string, string | undefined>> {
  try {
    return parseEnv(readFileSync(resolve(cwd, file), 'utf8'))
  } catch (error) {
    const { code } = error as { code?: string }
    throw new UsageError(`--env-file ${file}: it cannot be read (${code}). Name a file of lines NAME=value.`)
  }
}

/** @throws UsageError for a variable that is not set. Its name is not repeated: it may be the key itself. */
function nameOfSet(value: unknown, known: Readonly<Record<string, string | undefined>>): string | undefined {
  const name = text(value)
  if (name !== undefined && !known[name]) throw new UsageError('--key-env must be the name of a variable that is set')
  return name
}
