// pnpm check:models   warns of default models that close to new deployments or retire; exit code 1 if any does
import { ageWarning, DEFAULT_MODELS } from '../infra/models.ts'

const warnings = Object.values(DEFAULT_MODELS).flatMap((model) => ageWarning(model, new Date()) ?? [])
for (const warning of warnings) console.warn(`check:models: ${warning}`)
if (warnings.length === 0)
  console.log('check:models: every default model is open to new deployments for 90 days or more.')
process.exitCode = warnings.length === 0 ? 0 : 1
