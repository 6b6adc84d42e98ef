import { context, metrics, trace } from '@opentelemetry/api'
import { DataPointType, type MetricData } from '@opentelemetry/sdk-metrics'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createLlmOps } from '../../src/index.ts'
import { GEN_AI_CONVENTIONS } from '../../src/sli/gen-ai-instruments.ts'
import { SPAN_EVENTS } from '../../src/span-event.ts'
import { RecordedTelemetry, useAsyncContext } from '../support/recorded-telemetry.ts'
import { eventfulTask, scriptedProvider } from './eventful-task.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())
afterEach(forget)

function forget(): void {
  trace.disable()
  metrics.disable()
}

async function recorded(genAiConventions: (typeof GEN_AI_CONVENTIONS)[number]) {
  const telemetry = new RecordedTelemetry()
  forget()
  trace.setGlobalTracerProvider(telemetry.tracerProvider)
  metrics.setGlobalMeterProvider(telemetry.meterProvider)
  const ops = createLlmOps({
    fetch: scriptedProvider(),
    budget: { limitUsd: 1, downshift: { at: 0.5, to: { 'gpt-4o': 'gpt-4o-mini' } } },
    agentId: 'support-eu',
    agentName: 'support',
    agentVersion: '1.2.0',
    genAiConventions,
  })
  await eventfulTask(ops)
  await ops.close()
  return telemetry
}

describe.each(GEN_AI_CONVENTIONS)('one eventful task under the conventions `%s`', (conventions) => {
  it('has the spans and metrics of the golden file', async () => {
    const telemetry = await recorded(conventions)
    await expect(treeOf(telemetry.spans)).toMatchFileSnapshot(`golden/spans.${conventions}.txt`)
    await expect(tableOf(await telemetry.metrics())).toMatchFileSnapshot(`golden/metrics.${conventions}.txt`)
  })
})

describe('the names of the golden files', () => {
  it('are those of one set only, or of both', async () => {
    const [current, latest, both] = await inTurn(GEN_AI_CONVENTIONS, async (each) => namesOf(await recorded(each)))
    expect(current).toEqual(expect.arrayContaining(['gen_ai.system', 'gen_ai.usage.cache_creation.input_tokens']))
    expect(latest).toEqual(expect.arrayContaining(['gen_ai.usage.cache_write.input_tokens']))
    expect(latest).not.toContain('gen_ai.system')
    expect(current).not.toContain('gen_ai.usage.cache_write.input_tokens')
    expect(both).toEqual([...new Set([...current!, ...latest!])].toSorted())
  })

  it('are of every event but those of routes, retried tools and their limits, which have tests of their own', async () => {
    const told = new Set((await recorded('current')).spans.flatMap(({ events }) => events.map(({ name }) => name)))
    expect(SPAN_EVENTS.filter((name) => !told.has(name))).toEqual([
      'agent.model.fallback',
      'agent.route.attempt',
      'agent.tool.retry',
      'agent.tool.refusal',
    ])
  })
})

async function inTurn<Each, Result>(all: readonly Each[], run: (each: Each) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = []
  for (const each of all) results.push(await run(each))
  return results
}

function namesOf({ spans }: RecordedTelemetry): string[] {
  return [...new Set(spans.flatMap(({ attributes }) => Object.keys(attributes)))].toSorted()
}

/** Spans below their parents, in the order they began, without what differs from run to run. */
function treeOf(spans: readonly ReadableSpan[], parent?: string, indent = ''): string {
  return spans
    .filter(({ parentSpanContext }) => parentSpanContext?.spanId === parent)
    .toSorted((a, b) => a.startTime[0] - b.startTime[0] || a.startTime[1] - b.startTime[1])
    .map((span) => {
      const events = span.events.map(({ name, attributes = {} }) => `! ${name} ${textOf(withoutStack(attributes))}`)
      const lines = [`${span.name} (${KINDS[span.kind]}, ${STATUS[span.status.code]})`, ...rowsOf(span), ...events]
      const own = lines.map((line, index) => `${indent}${index === 0 ? '' : '  '}${line}\n`).join('')
      return own + treeOf(spans, span.spanContext().spanId, `${indent}    `)
    })
    .join('')
}

const KINDS = ['internal', 'server', 'client', 'producer', 'consumer']
const STATUS = ['unset', 'ok', 'error']

function rowsOf({ attributes }: ReadableSpan): string[] {
  return Object.entries(attributes)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}: ${isTime(name) ? '(time)' : JSON.stringify(value)}`)
}

const isTime = (name: string) => /time|delay/.test(name)

function withoutStack(attributes: object): object {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => name !== 'exception.stacktrace'))
}

const textOf = (attributes: object) => JSON.stringify(attributes)

/** Every series, with its sum where that is the same in each run. */
function tableOf(data: readonly MetricData[]): string {
  return data
    .toSorted((a, b) => (a.descriptor.name < b.descriptor.name ? -1 : 1))
    .map(({ descriptor: { name, unit }, dataPointType, dataPoints }) => {
      const points = dataPoints.map(({ attributes, value }) => {
        if (typeof value === 'number') return `  ${textOf(attributes)} ${rounded(value)}`
        const sum = unit === 's' ? '(time)' : rounded(value.sum ?? 0)
        return `  ${textOf(attributes)} ${value.count} in all ${sum}`
      })
      return [`${name} (${DataPointType[dataPointType].toLowerCase()}, ${unit})`, ...points.toSorted(), ''].join('\n')
    })
    .join('')
}

const rounded = (value: number) => Number(value.toFixed(9))
