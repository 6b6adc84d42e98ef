import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import OpenAI from 'openai'
import { expect, it, onTestFinished } from 'vitest'
import { createLlmOps } from '../llmops.ts'

/** A provider in a thread of its own, which answers while this one is busy. */
const PROVIDER = `
const { createServer } = require('node:http')
const { parentPort } = require('node:worker_threads')
const event = (choice) => 'data: ' + JSON.stringify({ object: 'chat.completion.chunk', model: 'gpt-4o', choices: [choice] }) + '\\n\\n'
const answer = event({ index: 0, delta: { content: 'Hello.' } }) + event({ index: 0, delta: {}, finish_reason: 'stop' }) + 'data: [DONE]\\n\\n'
createServer((request, response) => {
  request.resume().once('end', () => {
    parentPort.postMessage('asked')
    const answerNow = () => response.writeHead(200, { 'content-type': 'text/event-stream' }).end(answer)
    setTimeout(answerNow, 100)
  })
}).listen(0, '127.0.0.1', function () {
  parentPort.postMessage(this.address().port)
})
`

it('a limit of time does not pass for an answer that arrived in time, while the process itself was busy', async () => {
  const provider = new Worker(PROVIDER, { eval: true })
  onTestFinished(() => void provider.terminate())
  const [port] = await once(provider, 'message')
  const target = { name: 'only', model: 'gpt-4o', baseUrl: `http://127.0.0.1:${port}/v1` }
  const ops = createLlmOps({
    defaultTenant: 'contoso',
    route: { targets: [target], retriesPerTarget: 0, stream: { firstTokenMs: 600 } },
    logger: false,
  })
  const openai = new OpenAI({ fetch: ops.fetch, apiKey: 'none', maxRetries: 0 })
  const stream = openai.chat.completions.create({
    model: 'gpt-4o',
    stream: true,
    messages: [{ role: 'user', content: 'Hi' }],
  })
  await once(provider, 'message')
  beBusy(800)
  let text = ''
  for await (const { choices } of await stream) text += choices[0]?.delta.content ?? ''
  expect(text).toBe('Hello.')
  await ops.close()
})

function beBusy(forMs: number): void {
  const until = performance.now() + forMs
  while (performance.now() < until);
}
