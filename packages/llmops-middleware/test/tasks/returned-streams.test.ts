import { once } from 'node:events'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { createOpenAI } from '@ai-sdk/openai'
import Anthropic from '@anthropic-ai/sdk'
import { MessagesAnnotation, StateGraph } from '@langchain/langgraph'
import { ChatOpenAI } from '@langchain/openai'
import { Agent, tool as agentTool, OpenAIProvider, Runner, setTracingDisabled } from '@openai/agents'
import { isStepCount, streamText, tool } from 'ai'
import { Hono } from 'hono'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { describe, expect, it, onTestFinished } from 'vitest'
import { z } from 'zod'
import { createLlmOps, currentTask, type LlmOps, type LlmOpsOptions, type Task } from '../../src/index.ts'

setTracingDisabled(true)

const prompt = 'Hello, how are you today?'
const content = prompt
const messages = [{ role: 'user' as const, content }]
const request = { model: 'gpt-4o-mini', messages, stream: true } as const

type Setup = { readonly endpoint: ModelEndpoint; readonly ops: LlmOps; readonly url: string }

async function start(tokensPerSecond = 0, options: Partial<LlmOpsOptions> = {}): Promise<Setup> {
  const endpoint = await startModelEndpoint({ tokensPerSecond })
  const ops = createLlmOps({ budget: { limitUsd: 1 }, ...options }) as LlmOps
  onTestFinished(async () => {
    await ops.close({ timeoutMs: 0 })
    await endpoint.close()
  })
  return { endpoint, ops, url: endpoint.url }
}

const openaiOf = ({ ops, url }: Setup) => new OpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch })
const aiModel = ({ ops, url }: Setup) =>
  createOpenAI({ baseURL: `${url}/v1`, apiKey: 'any', fetch: ops.fetch }).chat('gpt-4o-mini')
const chainModel = ({ ops, url }: Setup) =>
  new ChatOpenAI({ model: 'gpt-4o-mini', apiKey: 'any', configuration: { baseURL: `${url}/v1`, fetch: ops.fetch } })
const textOf = async (pieces: AsyncIterable<unknown>) => {
  let text = ''
  for await (const piece of pieces) text += typeof piece === 'string' ? piece : JSON.stringify(piece)
  return text
}

const weather = tool({
  description: 'Tells the weather of a city',
  inputSchema: z.object({ city: z.string() }),
  execute: async () => 'sunny',
})
const question = 'What is the weather in "Oslo"?'

type Shape = {
  readonly name: string
  readonly calls: number
  /** What the function of the task returns. */
  readonly make: (setup: Setup) => unknown
  readonly read: (value: never) => Promise<unknown>
}

const SHAPES: readonly Shape[] = [
  {
    name: 'a Response of the AI SDK',
    calls: 1,
    make: (setup) => streamText({ model: aiModel(setup), prompt }).toUIMessageStreamResponse(),
    read: (response: Response) => response.text(),
  },
  {
    name: 'a Response of the AI SDK with several steps',
    calls: 2,
    make: (setup) =>
      streamText({
        model: aiModel(setup),
        prompt: question,
        tools: { weather },
        stopWhen: isStepCount(3),
      }).toTextStreamResponse(),
    read: (response: Response) => response.text(),
  },
  {
    name: 'a result of streamText',
    calls: 1,
    make: (setup) => streamText({ model: aiModel(setup), prompt }),
    read: ({ textStream }: { textStream: AsyncIterable<string> }) => textOf(textStream),
  },
  {
    name: 'a stream of openai',
    calls: 1,
    make: (setup) => openaiOf(setup).chat.completions.create(request),
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a Response of a readable stream of openai',
    calls: 1,
    make: async (setup) => new Response((await openaiOf(setup).chat.completions.create(request)).toReadableStream()),
    read: (response: Response) => response.text(),
  },
  {
    name: 'the governed Response itself',
    calls: 1,
    make: (setup) => openaiOf(setup).chat.completions.create(request).asResponse(),
    read: (response: Response) => response.text(),
  },
  {
    name: 'a stream of Anthropic',
    calls: 1,
    make: ({ ops, url }) =>
      new Anthropic({ baseURL: url, apiKey: 'any', fetch: ops.fetch }).messages.stream({
        model: 'claude-haiku-4-5',
        max_tokens: 200,
        messages,
      }),
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a streamed run of OpenAI Agents',
    calls: 2,
    make: (setup) => {
      const modelProvider = new OpenAIProvider({ openAIClient: openaiOf(setup), useResponses: false })
      const tools = [
        agentTool({
          name: 'weather',
          description: 'Tells the weather of a city',
          parameters: z.object({ city: z.string() }),
          execute: async () => 'sunny',
        }),
      ]
      return new Runner({ modelProvider }).run(new Agent({ name: 'guide', model: 'gpt-4o-mini', tools }), question, {
        stream: true,
      })
    },
    read: (run: AsyncIterable<unknown>) => textOf(run),
  },
  {
    name: 'the text of a streamed run of OpenAI Agents',
    calls: 1,
    make: async (setup) => {
      const modelProvider = new OpenAIProvider({ openAIClient: openaiOf(setup), useResponses: false })
      const agent = new Agent({ name: 'guide', model: 'gpt-4o-mini' })
      return (await new Runner({ modelProvider }).run(agent, prompt, { stream: true })).toTextStream()
    },
    read: (stream: ReadableStream<string>) => textOf(stream),
  },
  {
    name: 'a stream of LangChain',
    calls: 1,
    make: (setup) => chainModel(setup).stream(prompt),
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a stream of LangGraph with two nodes',
    calls: 2,
    make: (setup) => {
      const ask = async ({ messages }: typeof MessagesAnnotation.State) => ({
        messages: [await chainModel(setup).invoke(messages)],
      })
      const graph = new StateGraph(MessagesAnnotation)
        .addNode('draft', ask)
        .addNode('check', ask)
        .addEdge('__start__', 'draft')
        .addEdge('draft', 'check')
        .compile()
      return graph.stream({ messages }, { streamMode: 'updates' })
    },
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a generator that asks when it is read',
    calls: 2,
    make: async function* (setup) {
      for (const _ of [1, 2]) {
        for await (const { choices } of await openaiOf(setup).chat.completions.create(request)) {
          yield choices[0]?.delta.content ?? ''
        }
      }
    },
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a standard stream that asks when it is read',
    calls: 1,
    make: (setup) =>
      new ReadableStream({
        async pull(controller) {
          for await (const chunk of await openaiOf(setup).chat.completions.create(request)) controller.enqueue(chunk)
          controller.close()
        },
      }),
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
  {
    name: 'a stream of Node',
    calls: 1,
    make: async (setup) => Readable.from(await openaiOf(setup).chat.completions.create(request)),
    read: (stream: AsyncIterable<unknown>) => textOf(stream),
  },
]

describe.each(SHAPES)('a task that returns $name', ({ calls, make, read }) => {
  it('is over when that was read, with its calls and what they cost', async () => {
    const setup = await start()
    let task: Task | undefined
    const value = await setup.ops.task({ tenant: 'contoso' }, (own) => {
      task = own
      return make(setup)
    })
    expect(task?.outcome).toBeUndefined()
    expect(await read(value as never)).toMatch(/\w/)
    await expect.poll(() => task?.outcome).toEqual({ status: 'success' })
    const costNanos = setup.endpoint.totalCostNanos()
    expect(costNanos).toBeGreaterThan(0)
    expect(task?.totals).toMatchObject({ modelCalls: calls, costNanos, lateCalls: 0 })
    expect((await setup.ops.budget.read('contoso')).spentUsd).toBe(costNanos / 1e9)
  })

  it('is the same object', async () => {
    const setup = await start()
    let made: unknown
    const value = await setup.ops.task({ tenant: 'contoso' }, async () => {
      made = await make(setup)
      return made
    })
    expect(value).toBe(made)
    await read(value as never)
  })
})

/** A route of Hono on a socket, as an adapter writes a web response. */
async function serveHono(app: Hono): Promise<string> {
  const server = createServer(async (incoming, outgoing) => {
    const response = await app.fetch(new Request(`http://localhost${incoming.url}`))
    outgoing.writeHead(response.status, Object.fromEntries(response.headers))
    const reader = response.body!.getReader()
    outgoing.on('close', () => void reader.cancel().catch(() => {}))
    try {
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) outgoing.write(piece.value)
      outgoing.end()
    } catch {
      outgoing.destroy()
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A chat as the documentation of the AI SDK shows it for Hono: no signal is passed on. */
async function serveChat(setup: Setup, deadlineMs?: number) {
  const app = new Hono()
  const tasks: Task[] = []
  app.use((_, next) => setup.ops.task({ tenant: 'contoso', ...(deadlineMs && { deadlineMs }) }, () => next()))
  app.get('/', () =>
    setup.ops.task({}, (task) => {
      tasks.push(task)
      return streamText({ model: aiModel(setup), prompt, onError() {} }).toUIMessageStreamResponse()
    }),
  )
  return { url: await serveHono(app), tasks }
}

describe('a route of Hono that streams with the AI SDK', () => {
  it('ends at the provider when its client leaves, though no signal was passed on', async () => {
    const setup = await start(20)
    const { url, tasks } = await serveChat(setup)
    const client = httpRequest(url).end()
    client.on('error', () => {})
    const [response] = await once(client, 'response')
    await once(response, 'data')
    client.destroy()
    await expect.poll(() => tasks[0]?.outcome).toEqual({ status: 'failure', reason: 'client_disconnected' })
    await expect.poll(() => setup.endpoint.attempts.map(({ outcome }) => outcome)).toEqual(['aborted'])
    await expect.poll(async () => (await setup.ops.budget.read('contoso')).heldUsd).toBe(0)
    expect(currentTask()).toBeUndefined()
  })

  it('ends at its deadline, and half of an answer is never taken for a whole one', async () => {
    const setup = await start(20)
    const { url, tasks } = await serveChat(setup, 300)
    const text = await (await fetch(url)).text().catch(() => 'cut')
    expect(text === 'cut' || text.includes('"type":"error"')).toBe(true)
    await expect.poll(() => tasks[0]?.outcome).toEqual({ status: 'failure', reason: 'deadline_exceeded' })
    await expect.poll(() => setup.endpoint.attempts.map(({ outcome }) => outcome)).toEqual(['aborted'])
  })

  it('is a failure by the reason of its refusal, which the SDK keeps from its client', async () => {
    const setup = await start()
    await setup.ops.budget.setLimit({ tenant: 'contoso', limitUsd: 0 })
    const { url, tasks } = await serveChat(setup)
    expect(await (await fetch(url)).text()).toContain('An error occurred.')
    await expect.poll(() => tasks[0]?.outcome).toEqual({ status: 'failure', reason: 'budget_exceeded' })
    expect(setup.endpoint.attempts).toHaveLength(0)
  })
})

it('an answer that is to be finished though its client leaves is returned inside of an object', async () => {
  const setup = await start(100)
  let task: Task | undefined
  let written = ''
  const { response } = await setup.ops.task({ tenant: 'contoso' }, (own) => {
    task = own
    const result = streamText({
      model: aiModel(setup),
      prompt,
      onFinish: ({ text }) => {
        written = text
      },
    })
    // As the documentation of the AI SDK has it for messages that are kept.
    void result.consumeStream()
    return { response: result.toUIMessageStreamResponse() }
  })
  const reader = response.body!.getReader()
  await reader.read()
  await reader.cancel()
  await expect.poll(() => task?.outcome).toEqual({ status: 'success' })
  await expect.poll(() => written).toMatch(/\w/)
  expect(setup.endpoint.attempts.map(({ outcome }) => outcome)).toEqual(['completed'])
})
