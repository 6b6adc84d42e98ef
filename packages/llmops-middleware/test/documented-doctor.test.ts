import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { aliases } from '../src/cli/commands/aliases.ts'
import { doctor } from '../src/cli/commands/doctor.ts'
import { LAYER_NAMES } from '../src/doctor/index.ts'

const DOC = readFileSync(resolve(import.meta.dirname, '../../../docs/doctor.md'), 'utf8')

/** The first cells of the table under a heading. */
function rows(heading: string): string[] {
  const [, section = ''] = DOC.split(`\n## ${heading}\n`)
  const [text = ''] = section.split('\n## ')
  const cells = text.split('\n').flatMap((line) => (/^\| [`\d]/.test(line) ? [line.split('|')[1]!.trim()] : []))
  return cells.flatMap((cell) => cell.split(', ').map((name) => name.replaceAll('`', '')))
}

describe('docs/doctor.md', () => {
  it('has every layer, in the order of the report', () => expect(rows('Layers')).toEqual(LAYER_NAMES))

  it('has every option, and no other', () => {
    const options = Object.keys(doctor.options!).map((name) => `--${name}`)
    expect(rows('Options').toSorted()).toEqual(options.toSorted())
  })

  it('has every exit code', () => {
    expect(rows('Verdict and exit code')).toEqual(expect.arrayContaining(Object.keys(doctor.exitCodes)))
  })

  it('has every short name, and what it is', () => {
    const details = aliases.details!('llmops')
    for (const name of rows('Short names')) {
      const [, line] = details.split('\n').flatMap((line) => (line.trim().startsWith(`${name} `) ? ['', line] : []))
      expect(DOC).toContain(`\`${line?.trim().slice(name.length).trim()}\``)
    }
    expect(rows('Short names')).toHaveLength(details.match(/^ {2}\S+ +llmops/gm)!.length)
  })
})
