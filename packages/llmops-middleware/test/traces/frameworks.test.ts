import { createOpenAI } from '@ai-sdk/openai'
import { LegacyOpenTelemetry, OpenTelemetry } from '@ai-sdk/otel'
import {
  Agent,
  type Span as AgentsSpan,
  OpenAIChatCompletionsModel,
  Runner,
  setTraceProcessors,
  setTracingDisabled,
  type TracingProcessor,
} from '@openai/agents'
import { context, trace } from '@opentelemetry/api'
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base'
import { generateText, streamText } from 'ai'
import OpenAI from 'openai'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import type { LlmOpsOptions } from '../../src/index.ts'
import { useAsyncContext } from '../support/recorded-telemetry.ts'
import { tracedOps } from '../support/traced-ops.ts'
import { scriptedProvider } from './eventful-task.ts'

beforeAll(useAsyncContext)
afterAll(() => context.disable())

/** Tokens that a backend would add up over the spans of model calls. */
function tokensOf(spans: readonly ReadableSpan[]): unknown[] {
  const isAround = ({ attributes }: ReadableSpan) => attributes['gen_ai.operation.name'] === 'invoke_agent'
  return spans
    .filter((span) => !isAround(span))
    .flatMap(({ attributes }) => attributes['gen_ai.usage.input_tokens'] ?? [])
}

const TELEMETRY = {
  'the conventions': () => new OpenTelemetry({ tracer: trace.getTracer('ai') }),
  'the names of AI SDK 6': () => new LegacyOpenTelemetry({ tracer: trace.getTracer('ai') }),
}

/** One question to the AI SDK, whose own telemetry is on. */
async function askAiSdk(spans: LlmOpsOptions['spans'], names: keyof typeof TELEMETRY, how: 'whole' | 'streamed') {
  const { telemetry, ops } = tracedOps({ fetch: scriptedProvider(), ...(spans && { spans }) })
  const openai = createOpenAI({ apiKey: 'any', fetch: ops.fetch })
  const asked = {
    model: openai.chat('gpt-4o'),
    prompt: 'How long may I return it?',
    experimental_telemetry: { isEnabled: true, integrations: [TELEMETRY[names]()] },
  }
  await ops.task({ tenant: 'contoso' }, async () => {
    if (how === 'whole') await generateText(asked)
    else await streamText(asked).consumeStream()
  })
  await ops.close()
  return telemetry
}

describe.each(['whole', 'streamed'] as const)('an answer to the AI SDK, %s, that tells spans of its own', (how) => {
  describe.each(Object.keys(TELEMETRY) as (keyof typeof TELEMETRY)[])('in %s', (names) => {
    it('is counted once: our span lies in its own, with the cost and without the usage', async () => {
      const { spans } = await askAiSdk(undefined, names, how)
      const [ours, ...others] = spans.filter(({ attributes }) => attributes['agent.usage.source'] !== undefined)
      expect(others).toEqual([])
      const parent = spans.find((span) => span.spanContext().spanId === ours?.parentSpanContext?.spanId)
      expect(parent?.attributes['gen_ai.request.model']).toBe('gpt-4o')
      expect(parent?.attributes['gen_ai.usage.input_tokens']).toBe(100)
      expect(ours?.name).toBe('attempt gpt-4o')
      expect(ours?.attributes).toMatchObject({ 'agent.cost.usd': 0.0004, 'gen_ai.agent.name': 'agent' })
      const isUsage = (name: string) => /gen_ai\.(usage|operation|request|response|system|provider)/.test(name)
      expect(Object.keys(ours!.attributes).filter(isUsage)).toEqual([])
    })

    it('is counted twice where `spans` asks for a span of our own', async () => {
      const nested = tokensOf((await askAiSdk(undefined, names, how)).spans)
      const own = tokensOf((await askAiSdk({ model: 'own' }, names, how)).spans)
      expect(own.length).toBe(nested.length + 1)
    })

    it('has no span of ours where `spans` turns them off', async () => {
      const { spans } = await askAiSdk({ model: 'off' }, names, how)
      expect(spans.filter(({ attributes }) => attributes['agent.usage.source'] !== undefined)).toEqual([])
      expect(spans.some(({ name }) => name === 'invoke_agent agent')).toBe(true)
    })
  })
})

describe('a model call of ours within another', () => {
  it('is a span of its own, for its tokens are in no other', async () => {
    const { telemetry, ops } = tracedOps({
      fetch: scriptedProvider(),
      layers: {
        model: [
          async (call, next) => {
            // A policy that asks a model whether another may be asked.
            if (call.requestedModel === 'gpt-4o') await ask('gpt-4o-mini')
            return next(call)
          },
        ],
      },
    })
    const openai = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
    const ask = (model: string) =>
      openai.chat.completions.create({ model, messages: [{ role: 'user', content: 'Hi' }] })
    await ops.task({ tenant: 'contoso' }, () => ask('gpt-4o'))
    expect(tokensOf(telemetry.spans)).toEqual([100, 100])
  })
})

type Generation = { type: string; output: { usage: { prompt_tokens: number } }[] }

describe('OpenAI Agents, whose tracing is not OpenTelemetry', () => {
  /** What its tracing is told, as a bridge to some backend hears it. */
  function ownTracing() {
    const spans: AgentsSpan<never>[] = []
    const processor: TracingProcessor = {
      onTraceStart: async () => {},
      onTraceEnd: async () => {},
      onSpanStart: async () => {},
      onSpanEnd: async (span) => void spans.push(span as AgentsSpan<never>),
      shutdown: async () => {},
      forceFlush: async () => {},
    }
    setTraceProcessors([processor])
    // It is off in tests by itself.
    setTracingDisabled(false)
    onTestFinished(() => {
      setTraceProcessors([])
      setTracingDisabled(true)
    })
    return spans
  }

  it.each([
    ['own', [100]],
    ['nested', []],
    ['off', []],
  ] as const)('has its usage on our spans %s: %j', async (model, tokens) => {
    const own = ownTracing()
    const { telemetry, ops } = tracedOps({ fetch: scriptedProvider(), spans: { model } })
    const client = new OpenAI({ apiKey: 'any', fetch: ops.fetch })
    const agent = new Agent({ name: 'helper', model: new OpenAIChatCompletionsModel(client as never, 'gpt-4o') })
    const answer = await ops.task({ tenant: 'contoso' }, () =>
      new Runner({ tracingDisabled: false }).run(agent, 'Hello'),
    )
    expect(answer.finalOutput).toBe('Within 30 days.')
    expect(tokensOf(telemetry.spans)).toEqual(tokens)
    const [answered] = own.map(({ spanData }) => spanData as Generation).filter(({ type }) => type === 'generation')
    expect(answered?.output[0]?.usage.prompt_tokens).toBe(100)
  })
})
