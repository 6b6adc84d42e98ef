import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startProvider } from '../../test/support/provider.ts'
import { createLlmOps } from '../index.ts'

const answer = {
  model: 'gpt-4o',
  choices: [{ index: 0, message: { role: 'assistant', content: 'Hi' }, finish_reason: 'stop' }],
  usage: { prompt_tokens: 10, completion_tokens: 2 },
}
const asked = { model: 'gpt-4o', messages: [{ role: 'user' as const, content: 'Hello' }] }

/** Two targets, the first of which answers 200 with an error as JSON, as some gateways do. */
async function start(error: object) {
  const json = (value: object) =>
    startProvider((response) => {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    })
  const [first, second] = [await json({ error }), await json(answer)]
  const targets = [
    { name: 'first', model: 'gpt-4o', baseUrl: `${first.url}/v1` },
    { name: 'second', model: 'gpt-4o', baseUrl: `${second.url}/v1` },
  ]
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 1 },
    route: { targets, retriesPerTarget: 0 },
  })
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const openai = new OpenAI({ baseURL: `${first.url}/v1`, apiKey: 'any', fetch: ops.fetch })
  return { first, second, ask: () => openai.chat.completions.create(asked) }
}

describe('a target that answers 200 with an error as JSON', () => {
  it.each([
    { message: 'Upstream overloaded', code: 503 },
    { message: 'Slow down', code: 'rate_limit_exceeded' },
    { message: 'Internal', type: 'server_error' },
  ])('has failed: the next one answers, after %j', async (error) => {
    const { first, second, ask } = await start(error)
    expect((await ask()).choices[0]?.message.content).toBe('Hi')
    expect([first.requests.length, second.requests.length]).toEqual([1, 1])
  })

  it('has answered finally if it refuses the content: no other target is asked', async () => {
    const { second, ask } = await start({ message: 'No', code: 'content_filter' })
    const { choices } = await ask()
    expect(choices).toBeUndefined()
    expect(second.requests).toHaveLength(0)
  })
})
