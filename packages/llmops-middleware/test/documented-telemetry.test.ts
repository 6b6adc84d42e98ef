import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { SPAN_EVENTS } from '../src/span-event.ts'

const DOCS = readFileSync(resolve(import.meta.dirname, '../../../docs/telemetry.md'), 'utf8')
const golden = (file: string) => readFileSync(resolve(import.meta.dirname, 'traces/golden', `${file}.both.txt`), 'utf8')
const namesIn = (text: string, pattern: RegExp) => [...new Set(Array.from(text.matchAll(pattern), ([, name]) => name!))]
const section = (title: string) => DOCS.split(`\n## ${title}\n`)[1]!.split('\n## ')[0]!

/** What stands in the first cell of the rows of a table. */
const firstCells = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('| `') ? [line.split('|')[1]!] : []))

describe('docs/telemetry.md', () => {
  it('has each attribute that the golden spans have', () => {
    const written = namesIn(golden('spans'), /^ +([a-z_.]+): /gm)
    expect(written.length).toBeGreaterThan(40)
    const documented = namesIn(firstCells(section('Spans')).join(), /`([a-z_.]+)`/g)
    expect(written.filter((name) => !documented.includes(name))).toEqual([])
  })

  it('has each event, and no other', () => {
    const documented = namesIn(firstCells(section('Events of spans')).join(), /`([a-z_.]+)`/g)
    expect(documented.toSorted()).toEqual(SPAN_EVENTS.toSorted())
  })

  it('has each metric of the conventions, and no other', () => {
    const recorded = namesIn(golden('metrics'), /^(gen_ai\.[a-z_.]+) /gm)
    const [table = ''] = section('Metrics of the GenAI conventions').split('\n\nThe default')
    const documented = namesIn(table, /`(gen_ai\.[a-z_.]+)`/g)
    const onlyOfThinking = 'gen_ai.client.inference.usage.reasoning.output_tokens'
    expect(documented.toSorted()).toEqual([...recorded, onlyOfThinking].toSorted())
  })
})
