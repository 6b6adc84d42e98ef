import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { createRateCard } from '../packages/llmops-middleware/src/pricing/index.ts'
import { ofType } from './committed-snapshot.ts'
import { ageWarning, DEFAULT_MODELS } from './models.ts'

const { primary } = DEFAULT_MODELS
const models = Object.values(DEFAULT_MODELS)

it.each([
  ['2026-11-26', undefined],
  ['2026-12-17', /closes to new deployments on 2027-03-17, in 90 days/],
  ['2027-03-17', /is closed to new deployments since 2027-03-17, and retires on 2027-09-21/],
  ['2027-09-21', /was retired on 2027-09-21/],
])('on %s the default model has a warning: %s', (today, warning) => {
  const said = ageWarning(primary, new Date(today))
  if (warning) expect(said).toMatch(warning)
  else expect(said).toBeUndefined()
})

it('what is deployed is what the table says', () => {
  type Deployment = { model: { name: string; version: string } }
  const deployed = ofType<Deployment>('Microsoft.CognitiveServices/accounts/deployments')
  const named = deployed.map(({ properties: { model } }) => `${model.name} ${model.version}`)
  expect(named).toEqual(models.map(({ name, version }) => `${name} ${version}`))
})

it('every default has a price', () => {
  const card = createRateCard()
  for (const { name } of models) expect(card.cost(name, { inputTokens: 1000, outputTokens: 1000 })).toBeGreaterThan(0)
})

it('the documentation has the dates of every default', () => {
  const docs = readFileSync(join(import.meta.dirname, '../docs/azure.md'), 'utf8')
  for (const { name, version, closesToNewDeployments, retires } of models) {
    expect(docs).toMatch(
      new RegExp(`\\| \`${name}\` +\\| ${version} +\\| ${closesToNewDeployments} +\\| ${retires} +\\|`),
    )
  }
})
