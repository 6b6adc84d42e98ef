import { context } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { fc } from 'test-support/generated'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { LlmOps } from '../../src/index.ts'
import { useAsyncContext } from '../support/recorded-telemetry.ts'
import { tracedOps } from '../support/traced-ops.ts'
import { scriptedProvider } from './eventful-task.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())

/** What a task does: calls of models and tools, in parallel or one after the other, and tasks nested in it. */
type Step =
  | { readonly kind: 'model'; readonly stream: boolean }
  | { readonly kind: 'tool'; readonly inside: readonly Step[] }
  | { readonly kind: 'task'; readonly name: string | undefined; readonly inside: readonly Step[] }
  | { readonly kind: 'together'; readonly inside: readonly Step[] }

const { steps } = fc.letrec<{ step: Step; steps: readonly Step[] }>((tie) => {
  const inside = tie('steps')
  return {
    steps: fc.array(tie('step'), { maxLength: 3, depthIdentifier: 'steps' }),
    step: fc.oneof(
      { depthIdentifier: 'steps', depthSize: 'small' },
      fc.record({ kind: fc.constant('model' as const), stream: fc.boolean() }),
      fc.record({ kind: fc.constant('tool' as const), inside }),
      fc.record({
        kind: fc.constant('task' as const),
        name: fc.option(fc.constant('helper'), { nil: undefined }),
        inside,
      }),
      fc.record({ kind: fc.constant('together' as const), inside }),
    ),
  }
})
const name = fc.option(fc.constantFrom('support', 'sales'), { nil: undefined })
const conversationId = fc.option(fc.string({ minLength: 1, maxLength: 40 }), { nil: undefined })
const tasks = fc.array(fc.record({ steps, name, conversationId }), { minLength: 1, maxLength: 4 })

async function take(ops: LlmOps<undefined | LlmOps['budget']>, all: readonly Step[]): Promise<void> {
  for (const step of all) await takeOne(ops, step)
}

async function takeOne(ops: LlmOps<undefined | LlmOps['budget']>, step: Step): Promise<void> {
  if (step.kind === 'model') await (await ops.fetch(...request(step.stream))).text()
  else if (step.kind === 'together') await Promise.all(step.inside.map((each) => takeOne(ops, each)))
  else if (step.kind === 'task') {
    await ops.task(step.name === undefined ? {} : { name: step.name }, () => take(ops, step.inside))
  } else {
    const run = () => take(ops, step.inside)
    await ops.tool({ name: 'look', description: 'Looks', parameters: { type: 'object' }, effect: 'read', run }).call({})
  }
}

function request(stream: boolean): [string, RequestInit] {
  const body = JSON.stringify({ model: 'gpt-4o', stream, messages: [{ role: 'user', content: 'Hello' }] })
  const headers = { 'content-type': 'application/json' }
  return ['https://api.openai.com/v1/chat/completions', { method: 'POST', headers, body }]
}

const IDENTITY = ['gen_ai.agent.id', 'gen_ai.agent.name', 'gen_ai.agent.version', 'gen_ai.conversation.id']
const identityOf = ({ attributes }: ReadableSpan) => IDENTITY.map((name) => attributes[name])

describe('all spans of one task', () => {
  it.each([
    ['that is given', 'shop-agent'],
    ['which is its name where none is given', undefined],
  ])('carry one agent id, %s, and one conversation, while others run', async (_, agentId) => {
    await fc.assert(
      fc.asyncProperty(tasks, async (all) => {
        const { telemetry, ops } = tracedOps({
          fetch: scriptedProvider(),
          agentVersion: '2',
          ...(agentId && { agentId }),
        })
        await Promise.all(
          all.map(({ steps, name, conversationId }) => {
            const own = { ...(name && { name }), ...(conversationId !== undefined && { conversationId }) }
            return ops.task({ tenant: 'contoso', ...own }, () => take(ops, steps))
          }),
        )
        await ops.close()
        const traces = Map.groupBy(telemetry.spans, (span) => span.spanContext().traceId)
        expect(traces.size).toBe(all.length)
        const seen = [...traces.values()].map((spans) => {
          expect(new Set(spans.map((span) => JSON.stringify(identityOf(span)))).size).toBe(1)
          return identityOf(spans[0]!)
        })
        const expected = all.map(({ name = 'agent', conversationId }) => [agentId ?? name, name, '2', conversationId])
        expect(seen.map(String).toSorted()).toEqual(expected.map(String).toSorted())
      }),
    )
  })

  it('are those of a nested task with a conversation of its own too, which is on its spans alone', async () => {
    const { telemetry, ops } = tracedOps({ fetch: scriptedProvider() })
    const ask = () => take(ops, [{ kind: 'model', stream: false }])
    await ops.task({ tenant: 'contoso', conversationId: 'outer' }, async () => {
      await ask()
      await ops.task({ conversationId: 'inner' }, ask)
    })
    expect(telemetry.spans.map(({ attributes }) => attributes['gen_ai.conversation.id'])).toEqual([
      'outer',
      'inner',
      'outer',
    ])
  })

  it('carry a conversation id from outside cut to 256 characters', async () => {
    const { telemetry, ops } = tracedOps({ fetch: scriptedProvider() })
    await ops.task({ tenant: 'contoso', conversationId: 'x'.repeat(10_000) }, () => {})
    expect(telemetry.spans[0]?.attributes['gen_ai.conversation.id']).toBe('x'.repeat(256))
  })
})

describe('a call outside of tasks', () => {
  it('carries the agent that is configured', async () => {
    const { telemetry, ops } = tracedOps({ fetch: scriptedProvider(), defaultTenant: 'contoso', agentName: 'shop' })
    await take(ops, [{ kind: 'model', stream: false }])
    expect(identityOf(telemetry.spans[0]!)).toEqual(['shop', 'shop', undefined, undefined])
  })
})
