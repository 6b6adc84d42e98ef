import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, OpenAIProvider, Runner, setTracingDisabled, tool } from '@openai/agents'
import { generateText, streamText } from 'ai'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { createLlmOps, type LlmOps } from '../index.ts'

let endpoint: ModelEndpoint
let ops: LlmOps
let baseURL: string
beforeEach(async () => {
  endpoint = await startModelEndpoint()
  baseURL = `${endpoint.url}/v1`
  ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 } })
})
afterEach(async () => {
  await ops.close()
  await endpoint.close()
})

/** Every attempt of the SDK was seen and charged what the provider bills. */
async function expectGoverned(attempts: number): Promise<void> {
  expect(endpoint.attempts).toHaveLength(attempts)
  await ops.budget.drain()
  await expect.poll(async () => (await ops.budget.read('contoso')).heldUsd).toBe(0)
  expect((await ops.budget.read('contoso')).spentUsd).toBe(endpoint.totalCostNanos() / 1e9)
  expect(endpoint.totalCostNanos()).toBeGreaterThan(0)
}

const prompt = 'Hello, how are you today?'

describe('one governed fetch', () => {
  it('governs the Responses API of the openai SDK, whole and streamed', async () => {
    const openai = new OpenAI({ baseURL, apiKey: 'any', fetch: ops.fetch })
    const answer = await openai.responses.create({ model: 'gpt-4o-mini', input: prompt })
    expect(answer.output_text).toMatch(/\w+/)
    let text = ''
    for await (const event of await openai.responses.create({ model: 'gpt-4o-mini', input: prompt, stream: true })) {
      if (event.type === 'response.output_text.delta') text += event.delta
    }
    expect(text).toBe(answer.output_text)
    await expectGoverned(2)
  })

  it('governs embeddings', async () => {
    const openai = new OpenAI({ baseURL, apiKey: 'any', fetch: ops.fetch })
    const { data } = await openai.embeddings.create({ model: 'text-embedding-3-small', input: prompt })
    expect(data[0]!.embedding.length).toBeGreaterThan(0)
    await expectGoverned(1)
  })

  it('governs the Anthropic SDK, whole and streamed', async () => {
    const anthropic = new Anthropic({ baseURL: endpoint.url, apiKey: 'any', fetch: ops.fetch })
    const request = {
      model: 'claude-haiku-4-5',
      max_tokens: 200,
      messages: [{ role: 'user' as const, content: prompt }],
    }
    const message = await anthropic.messages.create(request)
    expect(message.content[0]).toMatchObject({ type: 'text' })
    expect((await anthropic.messages.stream(request).finalMessage()).content).toEqual(message.content)
    await expectGoverned(2)
  })

  it('refuses the Anthropic SDK in the shape that it knows', async () => {
    await ops.budget.setLimit({ tenant: 'contoso', limitUsd: 0 })
    const anthropic = new Anthropic({ baseURL: endpoint.url, apiKey: 'any', fetch: ops.fetch })
    const call = anthropic.messages.create({
      model: 'claude-haiku-4-5',
      max_tokens: 9,
      messages: [{ role: 'user', content: prompt }],
    })
    await expect(call).rejects.toMatchObject({ status: 402, error: { error: { code: 'budget_exceeded' } } })
    expect(endpoint.attempts).toHaveLength(0)
  })

  it('governs the Vercel AI SDK, whole and streamed', async () => {
    const model = createOpenAI({ baseURL, apiKey: 'any', fetch: ops.fetch }).chat('gpt-4o-mini')
    const { text } = await generateText({ model, prompt })
    expect(text).toMatch(/\w+/)
    expect(await streamText({ model, prompt }).text).toBe(text)
    await expectGoverned(2)
  })

  it('governs OpenAI Agents, tools included', async () => {
    setTracingDisabled(true)
    const openAIClient = new OpenAI({ baseURL, apiKey: 'any', fetch: ops.fetch })
    const modelProvider = new OpenAIProvider({ openAIClient, useResponses: false })
    const weather = tool({
      name: 'weather',
      description: 'Tells the weather of a city',
      parameters: z.object({ city: z.string() }),
      execute: async () => 'sunny',
    })
    const agent = new Agent({ name: 'guide', model: 'gpt-4o-mini', instructions: 'Help.', tools: [weather] })
    const { finalOutput } = await new Runner({ modelProvider }).run(agent, 'What is the weather in "Oslo"?')
    expect(finalOutput).toContain('sunny')
    await expectGoverned(2)
  })

  it('governs LangChain, whole and streamed', async () => {
    const model = new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'any', configuration: { baseURL, fetch: ops.fetch } })
    const { content } = await model.invoke(prompt)
    let text = ''
    for await (const chunk of await model.stream(prompt)) text += chunk.content
    expect(text).toBe(content)
    await expectGoverned(2)
  })
})
