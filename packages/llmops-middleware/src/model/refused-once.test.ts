import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { generateText } from 'ai'
import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'
import { testModel } from '../testing/index.ts'
import { type ModelLayer, refused } from './index.ts'

const policy: ModelLayer = async (call) =>
  refused(call, { message: 'Not here.', type: 'policy_error', code: 'not_allowed' })

/** What no repetition of the call mends. */
const REFUSALS: readonly (readonly [code: string, LlmOpsOptions])[] = [
  ['invalid_option', { budget: { limitUsd: 1, scopes: [{ scope: 'user', limitUsd: 1, required: true }] } }],
  ['countTokens', { countTokens: () => Number.NaN }],
  [
    'encoder',
    {
      countTokens: () => {
        throw new TypeError('no such encoder')
      },
    },
  ],
  ['not_allowed', { layers: { model: [policy] } }],
]

const key = { apiKey: 'any' }
const user = { role: 'user' as const, content: 'Hello' }
const SDKS: readonly (readonly [name: string, (fetch: typeof globalThis.fetch) => Promise<unknown>])[] = [
  ['openai', (fetch) => new OpenAI({ ...key, fetch }).chat.completions.create({ model: 'gpt-4o', messages: [user] })],
  [
    'Anthropic',
    (fetch) =>
      new Anthropic({ ...key, fetch }).messages.create({ model: 'claude-sonnet-4-5', max_tokens: 9, messages: [user] }),
  ],
  ['the AI SDK', (fetch) => generateText({ model: createOpenAI({ ...key, fetch }).chat('gpt-4o'), prompt: 'Hello' })],
  [
    'the AI SDK, for Anthropic',
    (fetch) => generateText({ model: createAnthropic({ ...key, fetch })('claude-sonnet-4-5'), prompt: 'Hello' }),
  ],
]

describe.each(REFUSALS)('a call that is refused with %s', (code, options) => {
  it.each(SDKS)('is made once by %s', async (_name, ask) => {
    const ops = createLlmOps({ ...options, fetch: testModel({ script: ['Hello.'] }).fetch, logger: false })
    let calls = 0
    const counted: typeof fetch = (...call) => {
      calls++
      return ops.fetch(...call)
    }
    const error = await ops.task({ tenant: 'contoso' }, () => ask(counted)).catch((error: unknown) => error)
    expect(calls).toBe(1)
    expect(JSON.stringify(error)).toContain(code)
  })
})
