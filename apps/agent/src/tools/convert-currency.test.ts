import { expect, it } from 'vitest'
import { convertCurrency } from './convert-currency.ts'

const { run } = convertCurrency()

it('converts at the rate of the day', () => {
  expect(run({ amount: 120, from: 'USD', to: 'EUR', date: '2026-11-20' })).toMatchObject({
    result: 103.82,
    rateOf: '2026-11-20',
  })
})

it('uses the working day before a weekend', () => {
  expect(run({ amount: 1, from: 'USD', to: 'EUR', date: '2026-11-22' })).toMatchObject({ rateOf: '2026-11-20' })
})

it('converts between two currencies that are not the base', () => {
  expect(run({ amount: 100, from: 'EUR', to: 'GBP', date: '2026-11-20' })).toMatchObject({ result: 88.18 })
})

it('reports that there is no rate before the first day', () => {
  expect(run({ amount: 1, from: 'USD', to: 'EUR', date: '2020-01-01' })).toMatchObject({ found: false })
})
