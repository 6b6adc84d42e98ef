import type { Context } from '../context.ts'
import type { Finding } from '../report.ts'
import { readSettings, type Setting } from '../settings/read-settings.ts'

export async function checkConfig({ variables, cwd, app, models, secrets }: Context): Promise<readonly Finding[]> {
  const settings = readSettings(variables, cwd, app?.settings)
  const wrong = settings.filter(({ problem }) => problem !== undefined)
  const shown = settings.map((setting) => secrets.hideIn(setting))
  if (wrong.length > 0) return wrong.map((setting, index) => problemOf(setting, index === 0 ? shown : undefined))
  const isModelNamed = models.length > 0 || app?.models !== undefined
  const set = settings.filter(({ source }) => source !== 'default').length
  const data = { settings: shown }
  // Where nothing is set, nothing was checked.
  if (set === 0 && !isModelNamed) return [{ ...NO_MODEL, status: 'skipped', data }]
  return [
    {
      layer: 'config',
      status: 'ok',
      detail: `${set} ${set === 1 ? 'setting is set, nothing is wrong with it' : 'settings are set, nothing is wrong with them'}`,
      data,
    },
    ...(isModelNamed ? [] : [NO_MODEL]),
  ]
}

function problemOf(setting: Setting, settings: readonly Setting[] | undefined): Finding {
  const { variable, value, source, problem } = setting
  // The variable is in a file that nothing has loaded yet: a shell does not load it, and the app may load it itself.
  const status = source === '.env, not loaded' ? 'warning' : 'failed'
  return {
    layer: 'config',
    status,
    detail: `${variable} (${source}: ${value}) ${problem}`,
    next: status === 'failed' ? `Correct ${variable} where it is set: ${source}.` : 'Start with node --env-file=.env.',
    data: settings ? { variable, settings } : { variable },
  }
}

const NO_MODEL: Finding = {
  layer: 'config',
  status: 'warning',
  detail: 'no setting names a model endpoint',
  next: 'Set the variables of your provider, such as OPENAI_API_KEY, or name one with --base-url and --key-env.',
}
