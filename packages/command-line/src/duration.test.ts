import { expect, it } from 'vitest'
import { durationText, parseDuration } from './duration.ts'

it.each(['500ms', '90s', '5m', '1h', '24h', '1500ms'])('prints %s as it is typed', (text) => {
  expect(durationText(parseDuration(text))).toBe(text)
})

it('takes a bare number for seconds', () => {
  expect(parseDuration('300')).toBe(300_000)
})

it.each(['', 'soon', '0', '-1s', '25h', '1,5s', '1 h', '5min', 'Infinity', '1e3'])('refuses %j', (text) => {
  expect(() => parseDuration(text)).toThrow('Accepted is a duration')
})
