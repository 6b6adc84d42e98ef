import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import OpenAI from 'openai'
import { sized } from 'test-support/sized'
import { describe, expect, it, onTestFinished } from 'vitest'
import { createLlmOps, type LlmOps, type Task } from '../../src/index.ts'
import { eventsOf, startProvider } from '../support/provider.ts'
import { TRANSPORTS } from '../support/transports.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

const MANY = sized({ test: 100, soak: 1_000 })
const AT_ONCE = 100
const text = { model: 'gpt-4o', choices: [{ index: 0, delta: { content: 'Hi' } }] }
const messages = [{ role: 'user' as const, content: 'Hello' }]
const request = { model: 'gpt-4o', messages, max_completion_tokens: 50, stream: true } as const

/** A provider that streams a beginning and never ends. */
async function start(transport: () => typeof fetch) {
  let open = 0
  const provider = await startProvider((response) => {
    open++
    once(response, 'close').then(() => open--)
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(text))
  })
  // It is looked ten times in this limit whether an answer is still open: no answer lives here until it has passed.
  const options = { defaultTenant: 'contoso', budget: { limitUsd: 100 }, unreadMs: 10_000 }
  const ops = createLlmOps({ ...options, fetch: transport() }) as LlmOps
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch, maxRetries: 0 })
  return { ops, ask: () => openai.chat.completions.create(request).asResponse(), openNow: () => open }
}

const DROPS: readonly (readonly [string, (response: Response) => Promise<unknown>])[] = [
  ['dropped after their headers', async () => {}],
  ['read once and dropped', (response) => response.body!.getReader().read()],
  ['begun by an iteration and dropped', (response) => response.body![Symbol.asyncIterator]().next()],
  ['copied, one copy read once, and dropped', (response) => response.clone().body!.getReader().read()],
]

describe.each(TRANSPORTS)('over %s, many answers', (_, transport) => {
  it.each(DROPS)('%s hold nothing once they are collected, in and outside of tasks', async (_, drop) => {
    const { ops, ask, openNow } = await start(transport)
    const tasks: Task[] = []
    const dropOne = async () => void (await drop(await ask()))
    for (let asked = 0; asked < MANY; asked += AT_ONCE) {
      await Promise.all(
        Array.from({ length: AT_ONCE }, (_, index) => {
          if (index % 2 === 0) return dropOne()
          return ops.task({}, (task) => {
            tasks.push(task)
            return dropOne()
          })
        }),
      )
      // As a process that goes on to work does it.
      collect()
    }
    await expect
      .poll(async () => {
        collect()
        return (await ops.budget.read('contoso')).heldUsd
      })
      .toBe(0)
    await expect.poll(openNow).toBe(0)
    expect(tasks).toHaveLength(MANY / 2)
    expect(tasks.every(({ outcome }) => outcome?.status === 'success')).toBe(true)
    await ops.close()
  })
})

it('an answer that is read slowly is not garbage-collected, whatever holds it', async () => {
  const provider = await startProvider((response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).write(eventsOf(text))
    answers.push(response)
  })
  const answers: import('node:http').ServerResponse[] = []
  const ops = createLlmOps({ defaultTenant: 'contoso', budget: { limitUsd: 1 }, unreadMs: 100 })
  onTestFinished(() => ops.close({ timeoutMs: 0 }))
  const openai = new OpenAI({ baseURL: `${provider.url}/v1`, apiKey: 'any', fetch: ops.fetch })
  const ways: ((response: Response) => Promise<string>)[] = [
    (response) => response.text(),
    async (response) => Buffer.from(await response.arrayBuffer()).toString(),
    (response) => new Response(response.body).text(),
    (response) => new Response(response.body!.pipeThrough(new TransformStream())).text(),
    (response) => response.clone().text(),
    async (response) => {
      let read = ''
      for await (const piece of response.body!) read += Buffer.from(piece)
      return read
    },
  ]
  const reads = ways.map(async (read) => read(await openai.chat.completions.create(request).asResponse()))
  await expect.poll(() => answers.length).toBe(ways.length)
  // The looks have passed that make the collector watch them.
  for (let round = 0; round < 20; round++) {
    collect()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  const stop = { model: 'gpt-4o', choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }
  for (const answer of answers) answer.end(eventsOf(stop, '[DONE]'))
  for (const read of await Promise.all(reads)) expect(read).toContain('[DONE]')
})
