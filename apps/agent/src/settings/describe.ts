import { join } from 'node:path'
import { examineSettings, type ModelSettings } from './settings.ts'

/** The resource of the tokens for a model. On loopback they are not checked. */
const AZURE_MODELS = 'https://cognitiveservices.azure.com'

/**
 * Describes the agent to `llmops doctor`: its settings, and the endpoints that it connects to. It imports no package, so
 * that it works where one is missing.
 */
export function describe(variables: Readonly<Record<string, string | undefined>>, sloFile?: string): object {
  const { settings, environment } = examineSettings(variables, sloFile)
  const problemOf = new Map(
    environment.problems.map(({ variable, value, accepted }) => [variable, { value, accepted }]),
  )
  // Objectives are not variables, but a problem with them also keeps the agent from starting.
  const names = new Set([...environment.defaults.keys(), ...problemOf.keys()])
  return {
    settings: Array.from(names, (variable) => {
      const fallback = environment.defaults.get(variable)
      const problem = problemOf.get(variable)
      return {
        variable,
        ...(fallback !== undefined && { default: fallback }),
        ...(problem && { problem: `is ${problem.value}; accepted is ${problem.accepted}` }),
      }
    }),
    models: describeModel(settings.model),
    ...(settings.port > 0 && { port: settings.port }),
    dataFolder: settings.dataFolder,
    ...(settings.budget.redisUrl === undefined && { ledgerFile: join(settings.dataFolder, 'ledger.db') }),
  }
}

function describeModel({ endpoint, primary: model }: ModelSettings): object[] {
  if (endpoint.kind === 'embedded') return []
  const baseUrl = new URL('/openai/v1', endpoint.url).href
  const identity = { identityResource: AZURE_MODELS }
  return endpoint.kind === 'azure'
    ? [{ name: 'Azure OpenAI', from: 'AZURE_OPENAI_ENDPOINT', baseUrl, model, ...identity }]
    : [{ name: 'local model', from: 'LOCAL_MODEL_URL', baseUrl, model, ...(endpoint.hasIdentity ? identity : NO_KEY) }]
}

const NO_KEY = { key: 'not-checked-on-loopback' }
