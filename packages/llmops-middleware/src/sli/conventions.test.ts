import { afterEach, describe, expect, it, vi } from 'vitest'
import { tracedOps } from '../../test/support/traced-ops.ts'
import { scriptedProvider } from '../../test/traces/eventful-task.ts'
import type { LlmOpsOptions } from '../index.ts'

afterEach(() => vi.unstubAllEnvs())

const VARIABLE = 'OTEL_SEMCONV_STABILITY_OPT_IN'

/** Which of the two names of the provider a span has, and which of the two of the duration a metric. */
async function namesOf(options: LlmOpsOptions) {
  const { telemetry, ops } = tracedOps({ fetch: scriptedProvider(), defaultTenant: 'contoso', ...options })
  const body = JSON.stringify({ model: 'gpt-4o', messages: [] })
  const headers = { 'content-type': 'application/json' }
  await ops.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', headers, body })
  await ops.close()
  const metrics = (await telemetry.metrics()).map(({ descriptor }) => descriptor.name)
  return [
    ['gen_ai.provider.name', 'gen_ai.system'].filter((name) => telemetry.spans[0]?.attributes[name] !== undefined),
    ['gen_ai.client.operation.duration', 'gen_ai.client.inference.duration'].filter((name) => metrics.includes(name)),
  ]
}

const CURRENT = [['gen_ai.provider.name', 'gen_ai.system'], ['gen_ai.client.operation.duration']]
const LATEST = [['gen_ai.provider.name'], ['gen_ai.client.inference.duration']]
const BOTH = [
  ['gen_ai.provider.name', 'gen_ai.system'],
  ['gen_ai.client.operation.duration', 'gen_ai.client.inference.duration'],
]

describe('the names of spans and metrics', () => {
  it.each([
    [undefined, CURRENT],
    ['', CURRENT],
    ['http,database/dup', CURRENT],
    ['gen_ai_latest_experimental', LATEST],
    ['http/dup, gen_ai_latest_experimental', LATEST],
  ])(`follow ${VARIABLE}=%s`, async (variable, names) => {
    vi.stubEnv(VARIABLE, variable)
    expect(await namesOf({})).toEqual(names)
  })

  it('follow the option, whatever the variable says', async () => {
    vi.stubEnv(VARIABLE, 'gen_ai_latest_experimental')
    expect(await namesOf({ genAiConventions: 'current' })).toEqual(CURRENT)
    expect(await namesOf({ genAiConventions: 'both' })).toEqual(BOTH)
  })
})
