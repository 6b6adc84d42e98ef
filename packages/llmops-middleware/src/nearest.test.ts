import { fc } from 'test-support/generated'
import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const OPTIONS = ['limitUsd', 'period', 'scopes', 'leaseMs', 'downshift', 'at']

describe('nearest', () => {
  it.each([
    ['limitUSD', 'limitUsd'],
    ['perriod', 'period'],
    ['preiod', 'period'],
    ['scope', 'scopes'],
    ['donshift', 'downshift'],
  ])('takes %s for %s', (word, meant) => expect(nearest(word, OPTIONS)).toBe(meant))

  it.each(['budget', 'a', 'maximum', ''])('takes %j for none of them', (word) => {
    expect(nearest(word, ['limitUsd', 'period', 'scopes'])).toBeUndefined()
  })

  it('finds any word of six letters or more with one letter missing, doubled or replaced', () => {
    const word = fc.stringMatching(/^[a-z]{6,12}$/)
    fc.assert(
      fc.property(word, fc.nat(), fc.constantFrom('missing', 'doubled', 'replaced'), (option, at, mistake) => {
        const index = at % option.length
        const letter = { missing: '', doubled: option[index]!.repeat(2), replaced: '_' }[mistake]
        const typed = option.slice(0, index) + letter + option.slice(index + 1)
        expect(nearest(typed, ['0123456789', option])).toBe(option)
      }),
    )
  })
})
