import table from './models.json' with { type: 'json' }

/** A model that is deployed unless the azd environment names another. Dates are `YYYY-MM-DD`. */
export type DefaultModel = {
  readonly name: string
  readonly version: string
  readonly skuName: string
  /** Thousands of tokens a minute, as a parameter file reads it. */
  readonly capacity: string
  /** From then on only those who have a deployment keep it: twelve months after the model came. */
  readonly closesToNewDeployments: string
  readonly retires: string
}

/** By the schedule of 2026-08-19: learn.microsoft.com/azure/ai-foundry/openai/concepts/model-retirements. */
export const DEFAULT_MODELS: Readonly<Record<'primary' | 'downshift', DefaultModel>> = table

const DAY_MS = 24 * 60 * 60_000
const WARNED_DAYS = 90

/** What to know before this model is deployed on that day; undefined if there is nothing. */
export function ageWarning(model: DefaultModel, today: Date): string | undefined {
  const named = `${model.name} ${model.version}`
  const daysUntil = (date: string) => Math.ceil((Date.parse(date) - today.getTime()) / DAY_MS)
  const { closesToNewDeployments: closes, retires } = model
  if (daysUntil(retires) <= 0) return `${named} was retired on ${retires}: choose another model.`
  if (daysUntil(closes) <= 0) {
    return `${named} is closed to new deployments since ${closes}, and retires on ${retires}: choose another model.`
  }
  if (daysUntil(closes) > WARNED_DAYS) return undefined
  return `${named} closes to new deployments on ${closes}, in ${daysUntil(closes)} days, and retires on ${retires}.`
}
