import { expect, it } from 'vitest'
import { parseDuration } from './duration.ts'

it.each([
  ['PT1M', 60_000],
  ['PT5M', 300_000],
  ['PT1H30M', 5_400_000],
  ['P1D', 86_400_000],
  ['PT15S', 15_000],
])('%s is %d milliseconds', (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds)
})

it.each(['banana', '', 'P', 'PT', 'PT0M', '5M', 'PT-5M', 'PT1.5M'])('%j is not a duration', (text) => {
  expect(parseDuration(text)).toBeUndefined()
})
