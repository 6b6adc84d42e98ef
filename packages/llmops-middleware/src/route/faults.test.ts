import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { type Fault, type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import { TRANSPORTS } from '../../test/support/transports.ts'
import { ANSWER_MS, withSilence } from '../../test/support/with-silence.ts'
import { createLlmOps, type LlmOps, StreamBrokenError } from '../index.ts'
import type { RouteOptions } from './index.ts'

const BACKOFF_MS = 1
const FOREVER = Number.POSITIVE_INFINITY
/** As it is without an option. */
const HALF_OPEN_AFTER_MS = 10_000
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'Hello, how are you today?' }]
const request = { model: 'gpt-4o', messages, max_completion_tokens: 200 }

let send: typeof fetch
let primary: ModelEndpoint
let backup: ModelEndpoint
let ops: LlmOps
let openai: OpenAI

function use(over: Partial<RouteOptions> = {}): void {
  ops = createLlmOps({
    defaultTenant: 'contoso',
    budget: { limitUsd: 10 },
    fetch: send,
    route: {
      backoffMs: BACKOFF_MS,
      targets: [
        { name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1`, contextTokens: 8_000 },
        { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1`, contextTokens: 128_000 },
      ],
      ...over,
    },
  })
  // As an application has it: with the SDK's own two retries, and an address that the route overrides.
  openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
}

const ask = () => openai.chat.completions.create(request)

async function stream(onText = () => {}): Promise<string> {
  let text = ''
  for await (const chunk of await openai.chat.completions.create({ ...request, stream: true })) {
    text += chunk.choices[0]?.delta.content ?? ''
    if (text !== '') onText()
  }
  return text
}

const asked = (times: number) => () => expect.poll(() => primary.attempts.length).toBe(times)

/** Leaves a call when the primary has been asked this often. */
async function leaveOnceAsked(times: number): Promise<void> {
  const leave = new AbortController()
  const left = openai.chat.completions.create(request, { signal: leave.signal }).catch((error: unknown) => error)
  await expect.poll(() => primary.attempts.length, { interval: 1 }).toBe(times)
  leave.abort()
  expect(await left).toBeInstanceOf(OpenAI.APIUserAbortError)
}

const attempts = () => [primary.attempts.length, backup.attempts.length]

/** Everything that was billed, and nothing else, is in the ledger. */
async function expectExactAccount(): Promise<void> {
  await ops.budget.drain()
  const billed = primary.totalCostNanos() + backup.totalCostNanos()
  await expect.poll(async () => (await ops.budget.read('contoso')).heldUsd).toBe(0)
  expect((await ops.budget.read('contoso')).spentUsd).toBe(billed / 1e9)
}

/** Where we left before the provider told what it cost, the ledger is never below its bill. */
async function expectSafeAccount(): Promise<void> {
  await ops.budget.drain()
  await expect.poll(async () => (await ops.budget.read('contoso')).heldUsd).toBe(0)
  const { spentUsd } = await ops.budget.read('contoso')
  expect(spentUsd).toBeGreaterThanOrEqual((primary.totalCostNanos() + backup.totalCostNanos()) / 1e9)
}

async function expectHealthyAgain(): Promise<void> {
  primary.clearFaults()
  expect((await ask()).choices[0]?.finish_reason).toBe('stop')
}

describe.each(TRANSPORTS)('over %s', (_, transport) => {
  beforeEach(async () => {
    send = transport()
    primary = await startModelEndpoint()
    backup = await startModelEndpoint()
    use()
  })
  afterEach(async () => {
    await ops.close()
    await primary.close()
    await backup.close()
  })

  describe('a fault of the provider', () => {
    it.each([
      [
        '429 with Retry-After that is short',
        { kind: 'rate_limit', retryAfterMs: 20, retryAfterForm: 'milliseconds' },
        [2, 0],
      ],
      ['429 with Retry-After that is long', { kind: 'rate_limit', retryAfterMs: 30_000 }, [1, 1]],
      ['429 with Retry-After as a date', { kind: 'rate_limit', retryAfterMs: 40_000, retryAfterForm: 'date' }, [1, 1]],
      ['429 without Retry-After', { kind: 'rate_limit', times: FOREVER }, [2, 1]],
      ['500 once', { kind: 'server_error' }, [2, 0]],
      ['503 for good', { kind: 'unavailable', times: FOREVER }, [2, 1]],
      ['reset before headers', { kind: 'reset', times: FOREVER }, [2, 1]],
      ['a prompt that is too long for it', { kind: 'context_length', times: FOREVER }, [1, 1]],
    ] satisfies [string, Fault, number[]][])('%s is survived', async (_, fault, expected) => {
      primary.fault(fault)
      expect((await ask()).choices[0]?.message.content).toMatch(/\w+/)
      expect(attempts()).toEqual(expected)
      await expectExactAccount()
      await expectHealthyAgain()
    })

    it.each([
      ['no response', { kind: 'hang', times: FOREVER }],
      ['a slow first token', { kind: 'slow_first_token', delayMs: 600_000, times: FOREVER }],
    ] satisfies [string, Fault][])('%s is survived, and the silent target is not asked again', async (_, fault) => {
      primary.fault(fault)
      expect(await withSilence(() => stream(), asked(1))).toMatch(/\w+/)
      expect(attempts()).toEqual([1, 1])
      expect((await withSilence(ask, asked(2), ANSWER_MS)).model).toBe('gpt-4o-mini')
      await expectSafeAccount()
      await expectHealthyAgain()
    })

    it.each([
      ['cut', { kind: 'cut', afterEvents: 5, times: FOREVER }],
      ['cut without an error', { kind: 'cut_clean', afterEvents: 5, times: FOREVER }],
      ['malformed', { kind: 'malformed_event', afterEvents: 5, times: FOREVER }],
    ] satisfies [string, Fault][])('a stream that is %s is a clear error, never a short answer', async (_, fault) => {
      primary.fault(fault)
      await expect(stream()).rejects.toBeInstanceOf(StreamBrokenError)
      expect(attempts()).toEqual([1, 0])
      await expectSafeAccount()
      await expectHealthyAgain()
    })

    it('a stream that is stalled is a clear error, never a short answer', async () => {
      primary.fault({ kind: 'stall', afterEvents: 5, times: FOREVER })
      const begun = Promise.withResolvers<void>()
      const answer = withSilence(
        () => stream(begun.resolve),
        () => begun.promise,
      )
      await expect(answer).rejects.toBeInstanceOf(StreamBrokenError)
      expect(attempts()).toEqual([1, 0])
      await expectSafeAccount()
      await expectHealthyAgain()
    })

    it.each([
      ['cut', { kind: 'cut', afterEvents: 5, times: FOREVER }],
      ['cut without an error', { kind: 'cut_clean', afterEvents: 5, times: FOREVER }],
      ['malformed', { kind: 'malformed_event', afterEvents: 5, times: FOREVER }],
    ] satisfies [string, Fault][])(
      'a stream that is %s starts anew where the caller chose to wait for it',
      async (_, fault) => {
        use({ stream: { recovery: 'buffer' } })
        primary.fault(fault)
        expect(await stream()).toMatch(/nothing to worry about/)
        expect(backup.attempts).toHaveLength(1)
        await expectSafeAccount()
        await expectHealthyAgain()
      },
    )

    it('a stream that is stalled starts anew where the caller chose to wait for it', async () => {
      use({ stream: { recovery: 'buffer' } })
      primary.fault({ kind: 'stall', afterEvents: 5, times: FOREVER })
      expect(await withSilence(() => stream(), asked(1))).toMatch(/nothing to worry about/)
      expect(backup.attempts).toHaveLength(1)
      await expectSafeAccount()
      await expectHealthyAgain()
    })

    it('a missing [DONE] is no fault when the answer said that it is whole', async () => {
      primary.fault({ kind: 'missing_done' })
      expect(await stream()).toMatch(/nothing to worry about/)
      await expectExactAccount()
    })

    it('an answer that is not JSON is asked for again', async () => {
      primary.fault({ kind: 'malformed_json' })
      expect((await ask()).choices[0]?.finish_reason).toBe('stop')
      expect(attempts()).toEqual([2, 0])
      await expectSafeAccount()
    })

    it('headers without an end are one failure, and the connection is closed', async () => {
      let open = 0
      const endless = createServer((socket) => {
        open++
        const timer = setInterval(() => socket.write(`x-pad: ${'x'.repeat(10_000)}\r\n`), 1)
        socket.on('error', () => {})
        socket.on('close', () => {
          open--
          clearInterval(timer)
        })
        socket.write('HTTP/1.1 200 OK\r\n')
      }).listen(0, '127.0.0.1')
      await once(endless, 'listening')
      const { port } = endless.address() as AddressInfo
      use({
        retriesPerTarget: 0,
        targets: [
          { name: 'endless', model: 'gpt-4o', baseUrl: `http://127.0.0.1:${port}/v1` },
          { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1` },
        ],
      })
      expect((await ask()).model).toBe('gpt-4o-mini')
      await expect.poll(() => open).toBe(0)
      await expectSafeAccount()
      endless.close()
    })

    it('a content filter is never routed around', async () => {
      primary.fault({ kind: 'content_filter', times: FOREVER })
      await expect(ask()).rejects.toMatchObject({ status: 400, code: 'content_filter' })
      expect(attempts()).toEqual([1, 0])
      await expectExactAccount()
    })

    it('a target that rejects a prefill is never sent one', async () => {
      use({
        targets: [
          { name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1` },
          { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1`, acceptsPrefill: false },
        ],
      })
      primary.fault({ kind: 'unavailable', times: FOREVER })
      const prefilled = [...messages, { role: 'assistant' as const, content: '{"answer":' }]
      await expect(openai.chat.completions.create({ ...request, messages: prefilled })).rejects.toMatchObject({
        status: 503,
      })
      expect(backup.attempts).toHaveLength(0)
    })

    it('is not counted where it was the caller who left', async () => {
      use({ targets: [{ name: 'only', model: 'gpt-4o', baseUrl: `${primary.url}/v1` }] })
      primary.fault({ kind: 'hang', times: FOREVER })
      for (let call = 1; call <= 12; call++) await leaveOnceAsked(call)
      primary.clearFaults()
      expect((await ask()).choices[0]?.finish_reason).toBe('stop')
    })

    it('that comes and goes is passed over, and its target asked again with the first probe after it', async () => {
      vi.useFakeTimers({ toFake: ['Date'] })
      onTestFinished(() => void vi.useRealTimers())
      primary.fault({ kind: 'unavailable', times: FOREVER, probability: 0.8 })
      for (let call = 0; call < 15; call++) await ask()
      const asked = primary.attempts.length
      await ask()
      expect(primary.attempts.length).toBe(asked)
      primary.clearFaults()
      vi.advanceTimersByTime(HALF_OPEN_AFTER_MS)
      expect((await ask()).model).toBe('gpt-4o')
      await expectExactAccount()
    })

    describe('whose probe the caller leaves', () => {
      beforeEach(async () => {
        vi.useFakeTimers({ toFake: ['Date'] })
        primary.fault({ kind: 'unavailable', times: FOREVER })
        for (let call = 0; call < 5; call++) await ask()
        primary.clearFaults()
        primary.fault({ kind: 'hang' })
        vi.advanceTimersByTime(HALF_OPEN_AFTER_MS)
        await leaveOnceAsked(primary.attempts.length + 1)
      })
      afterEach(() => vi.useRealTimers())

      it('is asked again by the next call, not only after another pause', async () => {
        expect((await ask()).model).toBe('gpt-4o')
      })

      it('is still passed over when that call finds it failing', async () => {
        primary.fault({ kind: 'unavailable', times: FOREVER })
        await ask()
        const asked = primary.attempts.length
        for (let call = 0; call < 3; call++) expect((await ask()).model).toBe('gpt-4o-mini')
        expect(primary.attempts.length).toBe(asked)
      })
    })

    it('everywhere is reported once: the last failure, which the SDK does not retry', async () => {
      primary.fault({ kind: 'unavailable', times: FOREVER })
      backup.fault({ kind: 'server_error', times: FOREVER })
      await expect(ask()).rejects.toMatchObject({ status: 500, code: 'server_error' })
      expect(attempts()).toEqual([2, 2])
      await expectExactAccount()
    })

    it('counts against the one allowance of its task', async () => {
      primary.fault({ kind: 'unavailable', times: FOREVER })
      backup.fault({ kind: 'server_error', times: FOREVER })
      await ops.task({ tenant: 'contoso', maxRetries: 1 }, () => ask()).catch(() => {})
      expect(attempts()).toEqual([2, 0])
    })

    it('is not waited out past the deadline of its task', async () => {
      use({ targets: [{ name: 'only', model: 'gpt-4o', baseUrl: `${primary.url}/v1` }] })
      primary.fault({ kind: 'rate_limit', retryAfterMs: 30_000 })
      const late = ops.task({ tenant: 'contoso', deadlineMs: 20_000 }, () => ask())
      await expect(late).rejects.toMatchObject({ status: 429 })
      expect(attempts()).toEqual([1, 0])
    })
  })

  describe('a route', () => {
    it('starts where the model of the call is served, with the credentials of the target', async () => {
      let asked = 0
      use({
        targets: [
          { name: 'other', model: 'gpt-4.1', baseUrl: `${backup.url}/v1` },
          {
            name: 'mine',
            model: 'gpt-4o',
            deployment: 'my-4o',
            baseUrl: `${primary.url}/openai/v1`,
            headers: async () => ({ 'api-key': `key ${++asked}` }),
          },
        ],
      })
      expect((await ask()).model).toBe('my-4o')
      expect(attempts()).toEqual([1, 0])
      expect(asked).toBe(1)
    })

    it('goes where the cheaper model is when the budget downshifts inside it', async () => {
      ops = createLlmOps({
        defaultTenant: 'contoso',
        budget: { limitUsd: 0.0005, waitForHoldsMs: 0, downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } } },
        route: {
          backoffMs: BACKOFF_MS,
          targets: [
            { name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1` },
            { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1` },
          ],
        },
      })
      openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
      expect((await ask()).model).toBe('gpt-4o-mini')
      expect(attempts()).toEqual([0, 1])
      await expectExactAccount()
    })

    it('stops at a refusal of the budget', async () => {
      ops = createLlmOps({
        defaultTenant: 'contoso',
        budget: { limitUsd: 0 },
        route: { backoffMs: BACKOFF_MS, targets: [{ name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1` }] },
      })
      openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
      await expect(ask()).rejects.toMatchObject({ status: 402, code: 'budget_exceeded' })
      expect(attempts()).toEqual([0, 0])
    })

    it.each([
      [{ targets: [] }, /route\.targets/],
      [{ targets: [{ name: 'a' }] }, /route\.targets\[0\]\.model.*missing/],
      [
        {
          targets: [
            { name: 'a', model: 'm' },
            { name: 'a', model: 'm' },
          ],
        },
        /route\.targets\[1\]\.name.*'a'/,
      ],
      [{ targets: [{ name: 'a', model: 'm', baseUrl: 'ftp://x' }] }, /baseUrl.*ftp/],
      [{ targets: [{ name: 'a', model: 'm' }], timeoutMs: -1 }, /route\.timeoutMs.*-1/],
      [{ targets: [{ name: 'a', model: 'm' }], stream: { idleMs: 0 } }, /route\.stream\.idleMs.*0/],
    ])('refuses %j by name', (route, message) => {
      expect(() => createLlmOps({ route: route as unknown as RouteOptions })).toThrow(message)
    })
  })
})
