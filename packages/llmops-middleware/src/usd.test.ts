import { fc } from 'test-support/generated'
import { expect, it } from 'vitest'
import { formatUsd } from './usd.ts'

it.each([
  [0, '$0'],
  [50, '$50'],
  [0.5, '$0.50'],
  [1234.5, '$1,234.50'],
  [9_007_199, '$9,007,199'],
  [0.0005, '$0.0005'],
  [1e-7, '$0.0000001'],
  [1e-9, '$0.000000001'],
  [0.1 + 0.2, '$0.30'],
])('writes %d as %s', (usd, text) => {
  expect(formatUsd(usd)).toBe(text)
})

it('writes every amount that a ledger can hold so that it is read back to the nano-USD', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 9_007_199_000_000 }), (nanos) => {
      const text = formatUsd(nanos / 1e9)
      expect(text).toMatch(/^\$[\d,]+(\.\d{2,9})?$/)
      expect(Math.round(Number(text.replaceAll(/[$,]/g, '')) * 1e9)).toBe(nanos)
    }),
  )
})
