import { expect, it } from 'vitest'
import { describe as describeAgent } from './describe.ts'

const describe = (variables: Record<string, string> = {}) =>
  describeAgent(variables) as {
    settings: { variable: string; default?: string; problem?: string }[]
    models: object[]
    ledgerFile?: string
  }

it('reports to the doctor every setting, its default, and what is wrong with it, without the secret', () => {
  const { settings } = describe({ MAX_STEPS: 'many', ADMIN_TOKEN: 'short' })
  const row = (name: string) => settings.find(({ variable }) => variable === name)
  expect(row('MAX_STEPS')).toMatchObject({ default: '8', problem: expect.stringContaining("is 'many'; accepted is") })
  expect(row('ADMIN_TOKEN')?.problem).toMatch(/^is set \(5 characters, not shown\)/)
  expect(row('PORT')).toEqual({ variable: 'PORT', default: '3000' })
})

it('reports to the doctor what is wrong with the objectives, which are not variables', () => {
  const { settings } = describeAgent({}, '/nowhere/slo.yaml') as ReturnType<typeof describe>
  expect(settings).toContainEqual({ variable: '/nowhere/slo.yaml', problem: expect.stringMatching(/^is missing; /) })
})

it('reports to the doctor where its model is, and which token it needs', () => {
  expect(describe().models).toEqual([])
  expect(describe({ AZURE_OPENAI_ENDPOINT: 'https://shop.openai.azure.com', PRIMARY_MODEL: 'm' }).models).toEqual([
    expect.objectContaining({
      baseUrl: 'https://shop.openai.azure.com/openai/v1',
      model: 'm',
      identityResource: expect.any(String),
    }),
  ])
})

it('reports its SQLite file to the doctor only if that is the ledger', () => {
  expect(describe({ DATA_DIR: '/data' }).ledgerFile).toBe('/data/ledger.db')
  expect(describe({ REDIS_URL: 'redis://127.0.0.1:1' }).ledgerFile).toBeUndefined()
})
