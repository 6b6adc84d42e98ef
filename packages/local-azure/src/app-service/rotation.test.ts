import { expect, it } from 'vitest'
import { inRotation, maxUnhealthyPercentOf } from './rotation.ts'

const instances = (pattern: string) => [...pattern].map((mark, id) => ({ id, isUnhealthy: mark === 'x' }))

it.each([
  ['.', '0'],
  ['x', '0'],
  ['.x', '0'],
  ['xx', '01'],
  ['..x', '01'],
  // At most half of three is one.
  ['.xx', '02'],
  // The example in the documentation: if three of four are unhealthy, two are taken out.
  ['xxx.', '23'],
  ['xxxx', '0123'],
])('of %j those that get requests are %s', (pattern, expected) => {
  expect(
    inRotation(instances(pattern), maxUnhealthyPercentOf({}))
      .map(({ id }) => id)
      .join(''),
  ).toBe(expected)
})

it('takes out as many as the setting allows', () => {
  const settings = (percent: string) => ({ WEBSITE_HEALTHCHECK_MAXUNHEALTHYWORKERPERCENT: percent })
  expect(inRotation(instances('xxx.'), maxUnhealthyPercentOf(settings('100')))).toHaveLength(1)
  expect(inRotation(instances('xxx.'), maxUnhealthyPercentOf(settings('0')))).toHaveLength(4)
})
