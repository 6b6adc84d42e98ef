import { describe, expect, it } from 'vitest'
import { RecordedTelemetry } from '../../test/support/recorded-telemetry.ts'
import { createGovernedFetch } from '../model/index.ts'
import { createRateCard } from '../pricing/index.ts'
import { createSli } from './create-sli.ts'
import { observeModel } from './observe-model.ts'

const event = (content: string | undefined, finish_reason: string | null = null) => ({
  id: 'c',
  model: 'gpt-4o',
  choices: [{ index: 0, delta: content === undefined ? {} : { content }, finish_reason }],
})

/** A stream whose pieces come at the times that are told, in milliseconds. */
async function recordedFor(pieces: readonly (readonly [atMs: number, text: string])[]) {
  const telemetry = new RecordedTelemetry()
  let nowMs = 0
  const rateCard = createRateCard()
  const sli = createSli({ meter: telemetry.meter, rateCard, genAiConventions: 'both' })
  const left = [...pieces]
  const body = new ReadableStream(
    {
      pull(controller) {
        const piece = left.shift()
        if (!piece) return controller.close()
        nowMs = piece[0]
        controller.enqueue(new TextEncoder().encode(piece[1]))
      },
    },
    { highWaterMark: 0 },
  )
  const governed = createGovernedFetch({
    rateCard,
    defaultTenant: 'contoso',
    now: () => nowMs,
    layers: [observeModel(sli, { now: () => nowMs })],
    fetch: async () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
  })
  const request = JSON.stringify({ model: 'gpt-4o', stream: true, messages: [] })
  const headers = { 'content-type': 'application/json' }
  await (
    await governed.fetch('https://api.openai.com/v1/chat/completions', { method: 'POST', headers, body: request })
  ).text()
  await governed.drain(1000)
  const seconds = async (name: string) => (await telemetry.points(name))[0]?.value
  return Promise.all([
    seconds('gen_ai.client.operation.time_per_output_chunk'),
    seconds('gen_ai.client.inference.time_per_output_chunk'),
  ])
}

const data = (...events: readonly object[]) => events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')
const once = (sum: number) => [
  { sum, count: 1 },
  { sum, count: 1 },
]

describe('the time per output chunk', () => {
  it('is the mean between the events of a stream, without the wait before the first and after the last', async () => {
    const pieces = await recordedFor([
      [500, data(event('With'))],
      [600, data(event('in'))],
      [800, data(event(' 30 days.'))],
      [1100, data(event(undefined, 'stop'))],
      [9000, 'data: [DONE]\n\n'],
    ])
    expect(pieces).toEqual(once(0.2))
  })

  it('counts events, however many come in one piece', async () => {
    const rest = data(event('in'), event(' 30'), event(' days.'), event(undefined, 'stop'))
    expect(
      await recordedFor([
        [500, data(event('With'))],
        [900, `${rest}data: [DONE]\n\n`],
      ]),
    ).toEqual(once(0.1))
  })

  it('is not recorded of a stream of one event', async () => {
    expect(await recordedFor([[500, `${data(event('Hi', 'stop'))}data: [DONE]\n\n`]])).toEqual([undefined, undefined])
  })
})
