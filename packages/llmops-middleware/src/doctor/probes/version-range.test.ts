// @ts-expect-error npm's own has no types.
import semver from 'semver'
import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { satisfies } from './version-range.ts'

const part = fc.integer({ min: 0, max: 3 })
const pre = fc.constantFrom('', '', '', '-0', '-alpha', '-alpha.1', '-beta.2', '-rc.1.x')
const version = fc.tuple(part, part, part, pre).map(([a, b, c, pre]) => `${a}.${b}.${c}${pre}`)
const partial = fc.oneof(
  version,
  fc.tuple(part, part).map((parts) => parts.join('.')),
  part.map(String),
  fc.constantFrom('*', 'x', '1.x', '1.2.x', '2.*'),
)
const simple = fc
  .tuple(fc.constantFrom('', '^', '~', '>', '>=', '<', '<=', '=', '^ ', '>= '), partial)
  .map((parts) => parts.join(''))
const set = fc.oneof(
  simple,
  fc.tuple(simple, simple).map((both) => both.join(' ')),
  fc.tuple(partial, partial).map((both) => both.join(' - ')),
)
const range = fc.array(set, { minLength: 1, maxLength: 3 }).map((sets) => sets.join(' || '))

describe('a range of versions', () => {
  it('holds the versions that npm says it holds', () => {
    fc.assert(
      fc.property(version, range, (version, range) => {
        expect(satisfies(version, range), `${version} in ${range}`).toBe(semver.satisfies(version, range))
      }),
      { numRuns: 5000 },
    )
  })

  it.each(['^0.3.3-0 || *', '>=0 || ^0.3.3-0', '* || 0.3.3-rc.1', '^0.3.3-0 || >=0 <2'])(
    'is read as npm reads it: %s',
    (range) => {
      for (const version of ['0.3.3-rc.1', '0.3.3', '1.0.0']) {
        expect(satisfies(version, range), version).toBe(semver.satisfies(version, range))
      }
    },
  )

  it.each(['latest', 'workspace:*', 'file:../x', 'github:owner/name', 'https://example.com/x.tgz'])(
    'is none where it is %s',
    (range) => expect(satisfies('1.0.0', range)).toBeUndefined(),
  )
})
