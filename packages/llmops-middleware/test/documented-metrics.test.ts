import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { agentInstruments } from '../src/sli/agent-instruments.ts'

const PACKAGE = resolve(import.meta.dirname, '..')
const PAGE = readFileSync(resolve(PACKAGE, '../../docs/telemetry.md'), 'utf8')
const QUERIES = readFileSync(resolve(PACKAGE, '../../observability/queries.kql'), 'utf8')

/** The names of the instruments that are made. */
const made: string[] = []
const create = (name: string) => made.push(name)
agentInstruments({ createCounter: create, createHistogram: create } as never)

const namesIn = (text: string, pattern: RegExp) => [...new Set(Array.from(text.matchAll(pattern), ([, name]) => name!))]

describe('a metric of the meter `agent`', () => {
  it('is in docs/telemetry.md, whose table names no other', () => {
    const [, section = ''] = PAGE.split('\n## Metrics of the agent\n')
    const [listed = ''] = section.split('\n## ')
    expect(namesIn(listed, /`(agent\.[a-z._]+)`/g).sort()).toEqual(made.toSorted())
  })

  it('is made, if a query of observability/ reads it', () => {
    const read = namesIn(QUERIES, /'(agent\.[a-z._]+)'(?! *\])/g)
    expect(read).toEqual(expect.arrayContaining(['agent.task.outcome', 'agent.repair.free', 'agent.repair.retry']))
    expect(read.filter((name) => !made.includes(name))).toEqual([])
  })
})
