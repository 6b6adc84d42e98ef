import { createHook } from 'node:async_hooks'
import { queryObjects } from 'node:v8'
import { FAULT_KINDS, type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TRANSPORTS } from '../../test/support/transports.ts'
import { createLlmOps, type LlmOps } from '../index.ts'
import { PieceStream } from '../model/answer/piece-stream.ts'
import { ReadStream } from '../model/answer/read-stream.ts'

/** Many times what may be left of them in memory. */
const CALLS = sized({ test: 3_000, soak: 100_000 })
/** What a sound call never takes, on a busy machine either; those that do take it are few. */
const PATIENCE_MS = 3000
const SLOW_KINDS: readonly string[] = ['hang', 'slow_first_token', 'stall']
const FOREVER = Number.POSITIVE_INFINITY
const request = {
  model: 'gpt-4o',
  messages: [{ role: 'user' as const, content: 'Hello, how are you today?' }],
  max_completion_tokens: 100,
}

/** By these rules what nobody knows counts what it held. */
const NEVER_TOO_LOW = { limitUsd: 1000, unknownOutcome: 'charge', cutStream: 'charge' } as const

/** How long the run may take, in milliseconds. */
const PATIENT = sized({ test: 300_000, soak: 3_600_000 })

let send: typeof fetch
let primary: ModelEndpoint
let backup: ModelEndpoint
let ops: LlmOps
let openai: OpenAI
const unhandled: unknown[] = []
const note = (reason: unknown) => unhandled.push(reason)

async function readStream(signal?: AbortSignal): Promise<void> {
  for await (const _ of await openai.chat.completions.create({ ...request, stream: true }, { signal: signal ?? null }));
}

/** Nothing is held, and nothing was spent that the ledger does not know. */
async function expectNothingLeft(): Promise<void> {
  await ops.budget.drain()
  await expect.poll(async () => (await ops.budget.read('contoso')).heldUsd).toBe(0)
  const billed = (primary.totalCostNanos() + backup.totalCostNanos()) / 1e9
  expect((await ops.budget.read('contoso')).spentUsd).toBeGreaterThanOrEqual(billed)
  expect(unhandled).toEqual([])
}

describe.each(TRANSPORTS)('over %s', (_, transport) => {
  beforeEach(async () => {
    send = transport()
    primary = await startModelEndpoint({ seed: 7 })
    backup = await startModelEndpoint({ seed: 8 })
    ops = createLlmOps({
      defaultTenant: 'contoso',
      budget: NEVER_TOO_LOW,
      fetch: send,
      route: {
        targets: [
          { name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1`, contextTokens: 8_000 },
          { name: 'backup', model: 'gpt-4o-mini', baseUrl: `${backup.url}/v1`, contextTokens: 128_000 },
        ],
        backoffMs: 1,
        timeoutMs: PATIENCE_MS,
        stream: { firstTokenMs: PATIENCE_MS, idleMs: PATIENCE_MS },
        breaker: { halfOpenAfterMs: 20 },
      },
    })
    openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
    unhandled.length = 0
    process.on('unhandledRejection', note)
  })
  afterEach(async () => {
    process.off('unhandledRejection', note)
    await ops.close()
    await primary.close()
    await backup.close()
  })

  describe('a long run of random faults', () => {
    it(
      'leaves no hold, no rejection and nothing of a call in memory',
      async () => {
        for (const kind of FAULT_KINDS) {
          if (kind === 'endless_body') continue
          const fault = { kind, times: FOREVER, delayMs: 1.2 * PATIENCE_MS, afterEvents: 4 }
          const isSlow = SLOW_KINDS.includes(kind)
          primary.fault({ ...fault, probability: isSlow ? 0.005 : 0.03 })
          backup.fault({ ...fault, probability: isSlow ? 0.002 : 0.01 })
        }
        let left = CALLS
        let answered = 0
        const work = async () => {
          while (left-- > 0) {
            const call = left % 2 ? readStream() : openai.chat.completions.create(request)
            await call.then(
              () => answered++,
              () => {},
            )
          }
        }
        await Promise.all(Array.from({ length: 32 }, work))
        expect(answered).toBeGreaterThan(CALLS / 2)
        await expectNothingLeft()
        // Flat memory: whatever a call is made of is gone with it. What the pool's sockets remember is a call each.
        for (const made of [Response, PieceStream, ReadStream]) {
          await expect.poll(() => queryObjects(made, { format: 'count' })).toBeLessThan(100)
        }
      },
      PATIENT,
    )
  })

  describe('an abort', () => {
    it('at any moment ends the call, and leaves no hold, rejection or timer behind', async () => {
      await primary.close()
      primary = await startModelEndpoint({ tokensPerSecond: 2000 })
      await ops.close()
      ops = createLlmOps({
        defaultTenant: 'contoso',
        budget: NEVER_TOO_LOW,
        fetch: send,
        route: { targets: [{ name: 'primary', model: 'gpt-4o', baseUrl: `${primary.url}/v1` }] },
      })
      openai = new OpenAI({ baseURL: 'http://127.0.0.1:9/v1', apiKey: 'any', fetch: ops.fetch })
      const timers = countTimers()
      const errors: unknown[] = []
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 0, max: 20 }), fc.boolean(), async (afterMs, isStream) => {
          const leave = new AbortController()
          const options = { signal: leave.signal }
          const call = isStream ? readStream(leave.signal) : openai.chat.completions.create(request, options)
          setTimeout(() => leave.abort(), afterMs)
          await Promise.resolve(call).catch((error: unknown) => errors.push(error))
        }),
        { numRuns: sized({ test: 60, soak: 3_000 }) },
      )
      // None was refused by ourselves: that callers leave says nothing about the target.
      expect(errors.every((error) => error instanceof OpenAI.APIUserAbortError)).toBe(true)
      expect((await openai.chat.completions.create(request)).choices[0]?.finish_reason).toBe('stop')
      await expectNothingLeft()
      await expect.poll(() => primary.attempts.every(({ outcome }) => outcome !== 'pending')).toBe(true)
      // Of ours: whatever waits for a call that is over would still be counted.
      await expect.poll(() => timers.open('route/attempt-limits')).toBe(0)
      timers.stop()
    })
  })
})

/** Timers that were made in a file and have neither run nor been cleared. */
function countTimers() {
  const made = new Map<number, string>()
  const hook = createHook({
    init(id, type) {
      if (type === 'Timeout') made.set(id, new Error().stack ?? '')
    },
    destroy: (id) => void made.delete(id),
  }).enable()
  return {
    open: (file: string) => [...made.values()].filter((stack) => stack.includes(file)).length,
    stop: () => hook.disable(),
  }
}
