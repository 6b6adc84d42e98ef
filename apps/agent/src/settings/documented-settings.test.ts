import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readSettings } from './settings.ts'

const README = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

it('has every variable that is read in the table of the README, and no other', () => {
  const read = new Set<string>()
  const noted = (_: object, name: string | symbol) => void read.add(String(name))
  readSettings(new Proxy({}, { get: noted }))
  const [, table = ''] = /## Settings\n(.*?)\n## /s.exec(README) ?? []
  const rows = table.split('\n').map((line) => line.split('|')[1] ?? '')
  const documented = rows.flatMap((cell) => [...cell.matchAll(/`([A-Z_]+)`/g)].map(([, name]) => name!))
  // NODE_ENV, WEBSITE_… and IDENTITY_… are Node's and App Service's own.
  const ours = [...read].filter((name) => name !== 'NODE_ENV' && !/^(WEBSITE|IDENTITY)_/.test(name))
  expect(documented.sort()).toEqual(ours.sort())
})
