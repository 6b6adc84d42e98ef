import { expect, it } from 'vitest'
import { answeringServer } from '../../test/support/answering-server.ts'
import { createLlmOps } from '../llmops.ts'

it.each([
  ['with a path', '/v1', '/v1/chat/completions?api-version=2'],
  ['with a slash at its end', '/v1/', '/v1/chat/completions?api-version=2'],
  ['with a query', '/openai/v1?api-version=preview', '/openai/v1/chat/completions?api-version=preview'],
  ['with both', '/openai/v1/?api-version=preview', '/openai/v1/chat/completions?api-version=preview'],
  ['without a path', '', '/chat/completions?api-version=2'],
])('the address of a target %s is that of its operations', async (_, base, path) => {
  const { url, asked } = await answeringServer(() => ({ choices: [] }))
  const targets = [{ name: 'a', model: 'gpt-4o', baseUrl: url + base }]
  const ops = createLlmOps({ defaultTenant: 'contoso', route: { targets } })
  const body = JSON.stringify({ model: 'gpt-4o', messages: [] })
  await ops.fetch('https://api.openai.com/v1/chat/completions?api-version=2', { method: 'POST', body })
  expect(asked.map((request) => request.path)).toEqual([path])
})
