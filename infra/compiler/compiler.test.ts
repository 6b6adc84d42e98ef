import { describe, expect, test } from 'vitest'
import { findBicep } from './bicep.ts'
import { lint, snapshotDrift, unformatted } from './infrastructure.ts'

const bicep = findBicep()
if (bicep.kind === 'missing') {
  console.warn(`infra: not compiled, because ${bicep.reason}; the rest is checked on the committed snapshot.`)
}

describe.runIf(bicep.kind === 'found')('the Bicep compiler', { timeout: 60_000 }, () => {
  const path = bicep.kind === 'found' ? bicep.path : ''

  test('has nothing against the infrastructure', () => {
    expect(lint(path)).toEqual([])
  })

  test('would change the format of no file', () => {
    expect(unformatted(path)).toEqual([])
  })

  test('predicts what is committed in main.snapshot.json', () => {
    expect(snapshotDrift(path)).toBeUndefined()
  })
})
