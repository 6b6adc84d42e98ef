import OpenAI from 'openai'
import { describe, expect, it } from 'vitest'
import { createLlmOps, type ModelLayer, type ToolLayer, ToolUnavailable } from '../src/index.ts'
import { testModel } from '../src/testing/index.ts'

const any = (layer: unknown) => layer as never
const passing: ModelLayer = (call, next) => next(call)

async function errorOf(layer: ModelLayer, fetch = testModel({ script: ['Hello.'] }).fetch) {
  let requests = 0
  const ops = createLlmOps({ layers: { model: [passing, layer] }, defaultTenant: 'contoso', fetch, logger: false })
  const counted: typeof globalThis.fetch = (...request) => {
    requests++
    return ops.fetch(...request)
  }
  const openai = new OpenAI({ apiKey: 'any', maxRetries: 1, fetch: counted })
  const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] }
  const error = await openai.chat.completions.create(asked).then(
    () => undefined,
    (error: unknown) => error,
  )
  return { error: error as { message: string; code?: string; status?: number }, requests }
}

describe('a mistake in a layer around model calls', () => {
  it.each<[string, ModelLayer, string]>([
    [
      'returns nothing',
      any(async (call: never, next: (call: never) => unknown) => void (await next(call))),
      '`layers.model[1]` returned undefined. A layer must return the result of `next(call)`, or of `refused(call, error)`. Is a `return` missing?',
    ],
    ['returns a Response', any(() => Response.json({})), '`layers.model[1]` returned an object of class Response.'],
    [
      'throws',
      () => {
        throw new TypeError('no such user')
      },
      '`layers.model[1]` threw TypeError: no such user. To refuse a call, return `refused(call, error)`.',
    ],
  ])('is named, and the call is not repeated: it %s', async (_, layer, message) => {
    const { error, requests } = await errorOf(layer)
    expect(error).toMatchObject({ status: 400, code: 'invalid_option' })
    expect(error.message).toContain(message)
    expect(requests).toBe(1)
  })

  it('is not what an error of ours in it is taken for, which keeps its code', async () => {
    const { error } = await errorOf(() => Promise.reject(new ToolUnavailable('audit')))
    expect(error).toMatchObject({ code: 'tool_unavailable', message: expect.not.stringContaining('layers.model') })
  })

  it('is not what a lost connection to the provider is taken for, which is tried again', async () => {
    const lost = () => Promise.reject(new TypeError('fetch failed'))
    const { error, requests } = await errorOf(passing, lost)
    expect(error.message).not.toContain('layers.model')
    expect(requests).toBe(2)
  })
})

describe('a mistake in a layer around tool calls', () => {
  const callWith = (layer: ToolLayer) => {
    const ops = createLlmOps({ layers: { tool: [layer] }, logger: false })
    const options = { name: 'look', description: 'Looks.', parameters: { type: 'object' } }
    return ops.tool({ ...options, run: () => undefined }).call({})
  }

  it('is named where the layer returns nothing', async () => {
    const forgetful = any(async (call: never, next: (call: never) => unknown) => void (await next(call)))
    await expect(callWith(forgetful)).rejects.toMatchObject({
      code: 'invalid_option',
      message:
        '`layers.tool[0]` returned undefined. A layer must return the result of `next(call)`, or one with a `value`. Is a `return` missing?',
    })
  })

  it('is not what a tool without a result is taken for', async () => {
    await expect(callWith((call, next) => next(call))).resolves.toBeUndefined()
  })
})
