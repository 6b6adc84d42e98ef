import OpenAI from 'openai'
import { createLlmOps, type LlmOps, type LlmOpsOptions, NoToolAvailable } from '../../src/index.ts'
import { type Script, testModel } from '../../src/testing/index.ts'

/** How one code comes about, and what makes the same call succeed. */
export type Remedy = {
  /** Whose remedy it is: the caller's, or the world's, which is well again after a while. */
  readonly by: 'caller' | 'world'
  /** What its message must say: what happened, to what, and what to do. */
  readonly says: readonly (string | RegExp)[]
  /** Fails with the code. Returns the call again, with the remedy applied, or in the well world. */
  readonly call: () => Promise<Failed>
}

export type Failed = { readonly error: unknown; readonly again: () => Promise<unknown> | unknown }

/** What a call failed with. */
export async function failureOf(call: () => unknown): Promise<unknown> {
  try {
    await call()
  } catch (error) {
    return error
  }
  throw new Error('The call succeeded.')
}

/** What the last function of a tool failed with: the tool itself says only that none of its functions can be reached. */
export function causeOf(error: unknown): unknown {
  return NoToolAvailable.isInstance(error) ? error.causes.at(-1)!.error : error
}

/** What a caller would give for a budget to test: $1, one tenant, a model that answers. */
export function opsOf(options: LlmOpsOptions = {}, script: Script = ['Hello.', 'Hello.', 'Hello.']): LlmOps {
  return createLlmOps({
    logger: false,
    defaultTenant: 'contoso',
    fetch: testModel({ script }).fetch,
    ...options,
    budget: options.budget ?? { limitUsd: 1 },
  })
}

export const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
export const request = { model: 'gpt-4o', messages, max_completion_tokens: 100 }

export function openaiOf(ops: Pick<LlmOps, 'fetch'>, baseURL?: string): OpenAI {
  return new OpenAI({ apiKey: 'any', fetch: ops.fetch, maxRetries: 0, ...(baseURL && { baseURL }) })
}

export const ask = (ops: Pick<LlmOps, 'fetch'>) => openaiOf(ops).chat.completions.create(request)
