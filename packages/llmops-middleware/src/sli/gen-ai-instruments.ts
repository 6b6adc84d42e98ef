import type { Attributes, Meter } from '@opentelemetry/api'
import { doubling, quadrupling } from './bucket-boundaries.ts'

/**
 * The version of the OpenTelemetry GenAI conventions for the names. All have the stability "development":
 * - `current`: what today's tools read (`gen_ai.client.token.usage`, `gen_ai.client.operation.duration`)
 * - `latest`: the newest text of open-telemetry/semantic-conventions-genai
 * - `both`: the names of both, for a migration
 */
export type GenAiConventions = (typeof GEN_AI_CONVENTIONS)[number]

export const GEN_AI_CONVENTIONS = ['current', 'latest', 'both'] as const

/** The variable that changes the default, by https://opentelemetry.io/docs/specs/semconv/gen-ai/. */
export function defaultConventions(): GenAiConventions {
  const asked = process.env['OTEL_SEMCONV_STABILITY_OPT_IN']?.split(',').map((value) => value.trim()) ?? []
  return asked.includes('gen_ai_latest_experimental') ? 'latest' : 'current'
}

/** `gen_ai.system` is the old name of `gen_ai.provider.name`. Azure's agent view still needs it. */
export function providerAttributes(provider: string, conventions: GenAiConventions): Attributes {
  return {
    'gen_ai.provider.name': provider,
    ...(conventions !== 'latest' && { 'gen_ai.system': provider }),
  }
}

// The names are copied here because the constants exist only under an `/incubating` path that may change at any time.

/** One record per chunk, as in the conventions, would cost more than everything else that is done with a stream. */
const PER_CHUNK = 'Time per output chunk after the first one: the mean of each stream, recorded once.'

export function currentGenAiInstruments(meter: Meter) {
  return {
    tokenUsage: meter.createHistogram('gen_ai.client.token.usage', {
      unit: '{token}',
      description: 'Number of input and output tokens used.',
      advice: { explicitBucketBoundaries: quadrupling(1, 14) },
    }),
    duration: seconds(meter, 'gen_ai.client.operation.duration', 'GenAI operation duration.', 0.01),
    timeToFirstChunk: seconds(
      meter,
      'gen_ai.client.operation.time_to_first_chunk',
      'Time to receive the first chunk of a stream.',
      0.001,
    ),
    timePerChunk: seconds(meter, 'gen_ai.client.operation.time_per_output_chunk', PER_CHUNK, 0.001),
  }
}

export function latestGenAiInstruments(meter: Meter) {
  const usage = 'gen_ai.client.inference.usage'
  return {
    inputTokens: tokens(meter, `${usage}.input_tokens`, 'Input tokens used, cached ones included.'),
    outputTokens: tokens(meter, `${usage}.output_tokens`, 'Output tokens used, reasoning included.'),
    cacheReadTokens: tokens(meter, `${usage}.cache_read.input_tokens`, 'Input tokens read from a cache.'),
    cacheWriteTokens: tokens(meter, `${usage}.cache_write.input_tokens`, 'Input tokens written to a cache.'),
    reasoningTokens: tokens(meter, `${usage}.reasoning.output_tokens`, 'Output tokens used for reasoning.'),
    duration: seconds(meter, 'gen_ai.client.inference.duration', 'Duration of an inference.', 0.01),
    timeToFirstChunk: seconds(
      meter,
      'gen_ai.client.inference.time_to_first_chunk',
      'Time to receive the first chunk of a stream.',
      0.001,
    ),
    timePerChunk: seconds(meter, 'gen_ai.client.inference.time_per_output_chunk', PER_CHUNK, 0.001),
    agentDuration: seconds(meter, 'gen_ai.invoke_agent.duration', 'Duration of an agent invocation.', 0.1),
    agentInferenceCalls: calls(meter, 'gen_ai.invoke_agent.inference_calls', '{inference_call}', 'Model calls made.'),
    agentToolCalls: calls(meter, 'gen_ai.invoke_agent.tool_calls', '{tool_call}', 'Tool calls made.'),
    toolDuration: seconds(meter, 'gen_ai.execute_tool.duration', 'Duration of a tool execution.', 0.01),
  }
}

function tokens(meter: Meter, name: string, description: string) {
  return meter.createCounter(name, { unit: '{token}', description })
}

function seconds(meter: Meter, name: string, description: string, firstBoundary: number) {
  const advice = { explicitBucketBoundaries: doubling(firstBoundary, 14) }
  return meter.createHistogram(name, { unit: 's', description, advice })
}

function calls(meter: Meter, name: string, unit: string, description: string) {
  const advice = { explicitBucketBoundaries: doubling(1, 8) }
  return meter.createHistogram(name, { unit, description, advice })
}
