import { createServer } from 'node:http'
import { AzureOpenAI } from 'openai'
import { freePort } from 'test-support/free-port'
import { onTestFinished } from 'vitest'
import type { LlmOps } from '../../src/index.ts'
import { testModel } from '../../src/testing/index.ts'
import { answeringServer } from '../support/answering-server.ts'
import { startProvider } from '../support/provider.ts'
import { ask, failureOf, openaiOf, opsOf, type Remedy, request } from './remedy.ts'

const ANSWER = {
  id: 'chatcmpl-1',
  object: 'chat.completion',
  model: 'gpt-4o',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Hello.' } }],
  usage: { prompt_tokens: 10, completion_tokens: 2, total_tokens: 12 },
}

const signing =
  (next: typeof fetch): typeof fetch =>
  (input, init) => {
    const headers = new Headers(init?.headers)
    headers.set('authorization', 'AWS4-HMAC-SHA256 Credential=AKIA/20261127/eu/bedrock/aws4_request, Signature=00')
    return next(input, { ...init, headers })
  }

async function answerAt(port: number): Promise<void> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ANSWER))
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
}

async function streamOf(ops: LlmOps): Promise<void> {
  for await (const _ of await openaiOf(ops).chat.completions.create({ ...request, stream: true }));
}

export const MODEL_CALLS = {
  no_tenant: {
    by: 'caller',
    says: ['outside of a task', '`ops.task({ tenant }, …)`', '`defaultTenant`'],
    async call() {
      const ops = opsOf({ defaultTenant: undefined as never })
      return { error: await failureOf(() => ask(ops)), again: () => ops.task({ tenant: 'contoso' }, () => ask(ops)) }
    },
  },
  ops_closed: {
    by: 'caller',
    says: ['after `ops.close()`', 'neither counted nor sent', 'createLlmOps'],
    async call() {
      const ops = opsOf()
      await ops.close()
      return { error: await failureOf(() => ask(ops)), again: () => ask(opsOf()) }
    },
  },
  ungoverned_request: {
    by: 'caller',
    says: ['fine_tuning/jobs costs money', 'was not sent', "`unknownEndpoints: 'pass'`", '`budget.charge()`'],
    async call() {
      const provider = await answeringServer(() => ({ id: 'ftjob-1' }))
      const toProvider: typeof fetch = (_, init) => fetch(provider.url, init)
      const create = (ops: LlmOps) =>
        openaiOf(ops).fineTuning.jobs.create({ model: 'gpt-4o-mini', training_file: 'file-1' })
      const passing = opsOf({ fetch: toProvider, unknownEndpoints: 'pass' })
      return {
        error: await failureOf(() => create(opsOf({ fetch: toProvider }))),
        async again() {
          await create(passing)
          await passing.budget.charge({ tenant: 'contoso', usd: 0.5, reason: 'fine-tuning' })
        },
      }
    },
  },
  signed_request: {
    by: 'caller',
    says: ['signed', 'cannot be changed', /sign in the `fetch`.*createLlmOps/],
    async call() {
      const { fetch } = testModel({ script: ['Hello.'] })
      // So small that a cap is written into each request.
      const budget = { limitUsd: 0.05 }
      const uncapped = { model: 'gpt-4o', messages: request.messages }
      const outside = openaiOf({ fetch: signing(opsOf({ fetch, budget }).fetch) })
      const inside = openaiOf(opsOf({ fetch: signing(fetch), budget }))
      return {
        error: await failureOf(() => outside.chat.completions.create(uncapped)),
        again: () => inside.chat.completions.create(uncapped),
      }
    },
  },
  request_too_large: {
    by: 'caller',
    says: ['longer than 10 bytes', 'neither governed nor sent', '`maxRequestBytes`'],
    async call() {
      return {
        error: await failureOf(() => ask(opsOf({ maxRequestBytes: 10 }))),
        again: () => ask(opsOf({ maxRequestBytes: 10_000 })),
      }
    },
  },
  unknown_model_price: {
    by: 'caller',
    says: ["model 'support-prod'", "deployments: { 'support-prod': 'gpt-4o' }", '`rateCard.overrides`', 'was not sent'],
    async call() {
      const client = (ops: LlmOps) =>
        new AzureOpenAI({
          apiKey: 'any',
          endpoint: 'https://shop.openai.azure.com',
          apiVersion: '2024-10-21',
          deployment: 'support-prod',
          fetch: ops.fetch,
        })
      const named = opsOf({ rateCard: { deployments: { 'support-prod': 'gpt-4o' } } })
      return {
        error: await failureOf(() => client(opsOf()).chat.completions.create(request)),
        again: () => client(named).chat.completions.create(request),
      }
    },
  },
  malformed_response: {
    by: 'world',
    says: ["model 'gpt-4o'", 'JSON'],
    async call() {
      const whole = JSON.stringify(ANSWER)
      const provider = await startProvider((response) => {
        const body = provider.bodies.length === 1 ? whole.slice(0, 40) : whole
        response.writeHead(200, { 'content-type': 'application/json' }).end(body)
      })
      const openai = openaiOf(opsOf({ fetch: globalThis.fetch }), provider.url)
      const create = () => openai.chat.completions.create(request)
      return { error: await failureOf(create), again: create }
    },
  },
  no_target_available: {
    by: 'world',
    says: ["No target of the route answered: 'one' (fetch failed, ECONNREFUSED)"],
    async call() {
      const port = await freePort()
      const targets = [{ name: 'one', model: 'gpt-4o', baseUrl: `http://127.0.0.1:${port}/v1` }]
      const ops = opsOf({ fetch: globalThis.fetch, route: { targets, retriesPerTarget: 0 } })
      const error = await failureOf(() => ask(ops))
      await answerAt(port)
      return { error, again: () => ask(ops) }
    },
  },
  attempt_timeout: {
    by: 'caller',
    says: ["Target 'slow'", 'within 20 ms (`route.timeoutMs`)'],
    async call() {
      let answers = false
      const provider = await startProvider((response) => {
        if (answers) response.setHeader('content-type', 'application/json').end(JSON.stringify(ANSWER))
      })
      const targets = [{ name: 'slow', model: 'gpt-4o', baseUrl: `${provider.url}/v1` }]
      const opsWith = (timeoutMs: number) => opsOf({ fetch: globalThis.fetch, route: { targets, timeoutMs } })
      const again = async () => {
        answers = true
        return await ask(opsWith(20_000))
      }
      return { error: await failureOf(() => ask(opsWith(20))), again }
    },
  },
  stream_broken: {
    by: 'world',
    says: ["stream of model 'gpt-4o' broke", 'before its answer was complete'],
    async call() {
      const ops = opsOf({}, [{ text: 'Hello, I am well.', fault: 'cut' }, 'Hello.'])
      return { error: await failureOf(() => streamOf(ops)), again: () => streamOf(ops) }
    },
  },
} as const satisfies Readonly<Record<string, Remedy>>
