import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkNode, LOWEST_NODE } from './node-version.ts'

it('says which Node.js is needed, and which one runs', () => {
  for (const version of ['20.20.2', '22.14.0', '22.9.1']) {
    expect(() => checkNode(version)).toThrow(`needs Node.js 22.15 or later, and this is ${version}.`)
  }
  for (const version of ['22.15.0', '24.0.0', '26.10.0', process.versions.node]) checkNode(version)
})

it('names the version of package.json', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'))
  expect(manifest.engines.node).toBe(`>=${LOWEST_NODE}`)
})
