import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { createLlmOps } from '../../llmops.ts'
import type { LlmOpsOptions } from '../../llmops-options.ts'

// What users of other gateways reported of their checks before a call.

const ANSWER = {
  id: 'resp_1',
  type: 'message',
  object: 'response',
  status: 'completed',
  model: 'gpt-4o',
  content: [],
  choices: [],
  output: [],
  usage: { prompt_tokens: 1049, completion_tokens: 59, input_tokens: 1049, output_tokens: 59 },
}

function start(limitUsd: number, options: LlmOpsOptions = {}) {
  const held: number[] = []
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    fetch: async () => {
      held.push((await ops.budget!.read('contoso')).heldUsd)
      return Response.json(ANSWER)
    },
    ...options,
    budget: { limitUsd, waitForHoldsMs: 0, ...options.budget },
  })
  const post = (path: string, body: object) =>
    ops.fetch(`http://127.0.0.1:1/v1/${path}`, { method: 'POST', body: JSON.stringify(body) })
  return { ops, held, post }
}

const noise = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: 'white', noise: { type: 'gaussian', mean: 128, sigma: 60 } },
  })
    .png()
    .toBuffer()
const screenshot = (await noise(1280, 800)).toString('base64')
const dataUrl = `data:image/png;base64,${screenshot}`

describe('a check before a call', () => {
  it('takes a screenshot in base64 for a picture of 1,105 tokens, not for 633,912 of text (BerriAI/litellm#32865)', async () => {
    const { post, held } = start(0.02)
    const content = [
      { type: 'input_text', text: 'What is this?' },
      { type: 'input_image', image_url: dataUrl },
    ]
    const body = { model: 'gpt-4o', max_output_tokens: 100, input: [{ role: 'user', content }] }
    expect(screenshot.length).toBeGreaterThan(1_000_000)
    expect((await post('responses', body)).status).toBe(200)
    expect(held[0]).toBeLessThan(((1_105 + 300) * 2.5 + 100 * 10) / 1e6)
  })

  it('does so inside the result of a tool too (QuantumNous/new-api#7148)', async () => {
    const { post, held } = start(0.05)
    const source = { type: 'base64', media_type: 'image/png', data: screenshot }
    const result = {
      type: 'tool_result',
      tool_use_id: 'a',
      content: [
        { type: 'text', text: 'Here' },
        { type: 'image', source },
      ],
    }
    const body = { model: 'claude-sonnet-4-5', max_tokens: 100, messages: [{ role: 'user', content: [result] }] }
    expect((await post('messages', body)).status).toBe(200)
    expect(held[0]).toBeLessThan(((1_640 + 400) * 3.75 + 100 * 15) / 1e6)
  })

  it('and in what a function returns to a response (CommandCodeAI/command-code#902)', async () => {
    const { post, held } = start(0.02)
    const output = [{ type: 'input_image', image_url: dataUrl }]
    const input = [{ type: 'function_call_output', call_id: 'a', output }]
    expect((await post('responses', { model: 'gpt-4o', max_output_tokens: 100, input })).status).toBe(200)
    expect(held[0]).toBeLessThan(((1_105 + 300) * 2.5 + 100 * 10) / 1e6)
  })

  it('never counts a picture as free (earendil-works/pi#1441)', async () => {
    const { post, held } = start(1)
    const image = { type: 'image_url', image_url: { url: dataUrl } }
    const ask = (count: number) =>
      post('chat/completions', {
        model: 'gpt-4o',
        max_completion_tokens: 1,
        messages: [{ role: 'user', content: Array(count).fill(image) }],
      })
    await ask(1)
    await ask(3)
    expect(held[1]! - held[0]!).toBeGreaterThanOrEqual((2 * 1_105 * 2.5) / 1e6)
  })

  it('does not pin a budget for a request without max_tokens: the next one is admitted (BerriAI/litellm#27509)', async () => {
    const open: (() => void)[] = []
    const { ops, post } = start(2000, {
      fetch: () => new Promise((resolve) => open.push(() => resolve(Response.json(ANSWER)))),
    })
    const body = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'Hello' }] }
    const calls = Array.from({ length: 30 }, () => post('chat/completions', body))
    await expect.poll(() => open.length).toBe(30)
    expect((await ops.budget!.read('contoso')).heldUsd).toBeLessThan(200)
    for (const end of open) end()
    expect(new Set((await Promise.all(calls)).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('holds a hostile max_tokens of 999,999,999 as no more than the context (BerriAI/litellm#27509)', async () => {
    const { post, held } = start(5)
    await post('chat/completions', { model: 'gpt-4o', max_tokens: 999_999_999, messages: [] })
    expect(held[0]).toBeLessThan((128_000 * 10 + 200 * 2.5) / 1e6)
  })

  it('holds a prompt above 272,000 tokens at the rate of long prompts (BerriAI/litellm#40002)', async () => {
    const { post, held } = start(100, { countTokens: (text) => text.length / 4 })
    const ask = (tokens: number) =>
      post('chat/completions', {
        model: 'gpt-5.4',
        max_completion_tokens: 1,
        messages: [{ role: 'user', content: 'word'.repeat(tokens) }],
      })
    await ask(270_000)
    await ask(300_000)
    expect(held[1]! / held[0]!).toBeGreaterThan(2)
  })

  it('admits nothing whose cost cannot be computed (BerriAI/litellm#35524)', async () => {
    const { post, held } = start(100)
    const body = { model: 'model-at-home', messages: [{ role: 'user', content: 'Hello' }] }
    const answers = await Promise.all(Array.from({ length: 5 }, () => post('chat/completions', body)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([402]))
    expect(held).toEqual([])
  })

  it('lets a burst of agents with large caps wait for each other, and refuses none (BerriAI/litellm#38647)', async () => {
    const { post, ops } = start(25, { budget: { limitUsd: 25, waitForHoldsMs: 60_000 } })
    const body = {
      model: 'claude-opus-4-1',
      max_tokens: 32_000,
      messages: [{ role: 'user', content: 'x'.repeat(20_000) }],
    }
    const answers = await Promise.all(Array.from({ length: 40 }, () => post('messages', body)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(await ops.budget!.read('contoso')).toMatchObject({ heldUsd: 0 })
  })

  it('takes speech in base64 for its seconds (hackclub/ai#135)', async () => {
    const wav = Buffer.alloc(44 + 24_000 * 2 * 60)
    wav.write('RIFF', 0, 'latin1')
    wav.write('WAVEfmt ', 8, 'latin1')
    wav.writeUInt32LE(16, 16)
    wav.writeUInt16LE(1, 20)
    wav.writeUInt32LE(24_000, 24)
    wav.writeUInt16LE(2, 32)
    const { post, held } = start(1)
    const input_audio = { format: 'wav', data: wav.toString('base64') }
    const content = [{ type: 'input_audio', input_audio }]
    const body = { model: 'gpt-4o-audio-preview', max_completion_tokens: 1, messages: [{ role: 'user', content }] }
    expect((await post('chat/completions', body)).status).toBe(200)
    // A minute is 600 tokens of sound, at $40 a million at most.
    expect(held[0]).toBeLessThan((1_000 * 100) / 1e6)
  })

  it('does not hold half of `n` where a client sends it as text', async () => {
    const { post, held } = start(5)
    const ask = (n: unknown) => post('chat/completions', { model: 'gpt-4o', max_tokens: 1000, n, messages: [] })
    await ask(1)
    await ask('4')
    expect(held[1]! / held[0]!).toBeGreaterThan(3.9)
  })
})
