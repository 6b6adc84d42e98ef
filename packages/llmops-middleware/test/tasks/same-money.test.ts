import type { ServerResponse } from 'node:http'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { expect, it } from 'vitest'
import { createLlmOps, type LlmOps, type Task } from '../../src/index.ts'
import { createSli } from '../../src/sli/index.ts'
import { eventsOf, startProvider } from '../support/provider.ts'
import { RecordedTelemetry } from '../support/recorded-telemetry.ts'

const usage = { prompt_tokens: 10, completion_tokens: 2 }
const text = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hello you' } }] }
const stop = { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
const whole = {
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hello you' }, finish_reason: 'stop' }],
}
const json = (value: unknown) => (response: ServerResponse) =>
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
const stream =
  (isCut: boolean, ...events: object[]) =>
  (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(...events))
    if (isCut) setImmediate(() => response.destroy())
    else response.end(eventsOf('[DONE]'))
  }

/** What a provider does with a call, and whether that is streamed. */
const KINDS: Readonly<Record<string, readonly [boolean, (response: ServerResponse) => unknown]>> = {
  whole: [false, json({ ...whole, usage })],
  'whole without usage': [false, json(whole)],
  'an error as an answer': [false, json({ error: { message: 'No' } })],
  'no JSON': [false, (response) => response.end('<html>')],
  'JSON that is cut': [
    false,
    (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' }).write('{"model":')
      setImmediate(() => response.destroy())
    },
  ],
  'a failure': [false, (response) => response.writeHead(500).end('{}')],
  'a reset': [false, (response) => response.destroy()],
  'no answer before the deadline': [false, () => {}],
  streamed: [true, stream(false, text, stop, { ...stop, choices: [], usage })],
  'streamed without usage': [true, stream(false, text, stop)],
  'a stream that is cut': [true, stream(true, text)],
  'a stream that is cut before it says anything': [true, stream(true)],
}

it('a task, the metrics and the ledger say the same of what a call cost, known or not', async () => {
  const kinds = fc.array(fc.constantFrom(...Object.keys(KINDS)), { minLength: 1, maxLength: 4 })
  let next: (response: ServerResponse) => unknown = () => {}
  const { url } = await startProvider((response) => void next(response))
  await fc.assert(
    fc.asyncProperty(kinds, fc.constantFrom('charge' as const, 'release' as const), async (kinds, unknownOutcome) => {
      const telemetry = new RecordedTelemetry()
      const ops = createLlmOps({
        budget: { limitUsd: 10, unknownOutcome },
        sli: createSli({ meter: telemetry.meter }),
      }) as LlmOps
      const openai = new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
      const tasks: Task[] = []
      for (const kind of kinds) {
        const [isStream, answer] = KINDS[kind]!
        next = answer
        const request = {
          model: 'gpt-4o',
          messages: [{ role: 'user' as const, content: 'Hello' }],
          max_completion_tokens: 100,
        }
        await ops
          .task({ tenant: 'contoso', deadlineMs: kind.startsWith('no answer') ? 30 : 60_000 }, async (task) => {
            tasks.push(task)
            if (!isStream) return openai.chat.completions.create(request)
            for await (const _ of await openai.chat.completions.create({ ...request, stream: true }));
            return undefined
          })
          .catch(() => {})
      }
      await ops.close()
      const nanos = (usd: number) => Math.round(usd * 1e9)
      const { spentUsd, heldUsd } = await ops.budget.read('contoso')
      const costs = await telemetry.points('agent.cost.usd')
      const told = tasks.reduce((sum, { totals }) => sum + totals.costNanos, 0)
      const metric = costs.reduce((sum, { value }) => sum + nanos(value as number), 0)
      // Of what nobody knows the rule decides, which is the same everywhere.
      if (kinds.includes('no answer before the deadline') && unknownOutcome === 'charge')
        expect(told).toBeGreaterThan(0)
      expect({ told, metric, heldUsd }).toEqual({ told: nanos(spentUsd), metric: nanos(spentUsd), heldUsd: 0 })
    }),
    { numRuns: sized({ test: 60, soak: 1_000 }), examples: Object.keys(KINDS).map((kind) => [[kind], 'charge']) },
  )
})
