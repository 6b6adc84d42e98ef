import Anthropic from '@anthropic-ai/sdk'
import { type ModelEndpoint, startModelEndpoint } from 'local-azure/model'
import OpenAI from 'openai'
import { fc } from 'test-support/generated'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOpsOptions } from '../index.ts'
import { nanosFromUsd, type Usd } from '../usd.ts'
import { BudgetBreaker, memoryLedger } from './index.ts'

let endpoint: ModelEndpoint
beforeEach(async () => {
  endpoint = await startModelEndpoint()
})
afterEach(() => endpoint.close())

const messages = [{ role: 'user' as const, content: 'Hello, how are you today?' }]
const asked = { model: 'gpt-4o', messages, max_completion_tokens: 100 }
const now = () => Date.UTC(2026, 10, 26)

type Spent = { readonly spentUsd?: Usd; readonly heldUsd?: Usd; readonly user?: string }

/** What a caller of the SDK is told when its tenant has spent and holds so much. */
async function refusalOf(budget: LlmOpsOptions['budget'], { spentUsd = 0, heldUsd = 0, user }: Spent = {}) {
  const ops = createLlmOps({ budget: { waitForHoldsMs: 0, ledger: memoryLedger({ now }), ...budget } as never })
  const openai = new OpenAI({ baseURL: `${endpoint.url}/v1`, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
  for (const usd of [spentUsd, heldUsd]) {
    if (usd === 0) continue
    const size = { inputTokens: 0, maxOutputTokens: usd * 100_000 }
    const call = await ops.budget.reserve({ tenant: 'contoso', model: 'gpt-4o', ...size })
    if (call.granted && usd === spentUsd) await call.settleNanos(nanosFromUsd(usd))
  }
  const payer = { tenant: 'contoso', ...(user === undefined ? {} : { scopes: { user } }) }
  const error = await ops.task(payer, () => openai.chat.completions.create(asked)).catch((error: unknown) => error)
  expect(error).toMatchObject({ status: 402, code: 'budget_exceeded' })
  const { error: facts, message } = error as { error: Record<string, unknown>; message: string }
  return { facts, message, headers: (error as { headers: Headers }).headers }
}

describe('a refusal', () => {
  it('of a tenant that is not in the list says so, and what to add', async () => {
    const { facts, message, headers } = await refusalOf({ limitUsd: { fabrikam: 1 } })
    expect(facts).toMatchObject({ scope: 'tenant:contoso', reason: 'not_listed', limit_usd: 0, left_usd: 0 })
    expect(message).toMatch(/tenant:contoso.*not listed.*'\*'/)
    expect(message).not.toMatch(/spent|resets/)
    expect(headers.has('retry-after')).toBe(false)
  })

  it('of a user that is not in the list names the user, whatever the tenant has', async () => {
    const scopes = [{ scope: 'user', limitUsd: { ada: 1 } }]
    const { facts } = await refusalOf({ limitUsd: 1, scopes }, { user: 'constructor' })
    expect(facts).toMatchObject({ scope: 'user:constructor', reason: 'not_listed' })
  })

  it.each([
    ['for all', { limitUsd: 0 }],
    ['by name', { limitUsd: { contoso: 0, '*': 1 } }],
    ['for all others', { limitUsd: { fabrikam: 1, '*': 0 } }],
    ['by a function', { limitUsd: () => 0 }],
  ])('of a tenant whose limit is zero, %s, does not call it spent', async (_, budget) => {
    const { facts, message, headers } = await refusalOf(budget)
    expect(facts).toMatchObject({ reason: 'zero', limit_usd: 0 })
    expect(headers.has('retry-after')).toBe(false)
    expect(message).toMatch(/limit of tenant:contoso is \$0\. .*needs at least \$0\.00/)
    expect(message).not.toMatch(/spent|resets/)
  })

  it('of what is spent says how much, and when it resets', async () => {
    const { facts, message, headers } = await refusalOf({ limitUsd: 0.5 }, { spentUsd: 0.5 })
    const resetsAt = '2026-12-01T00:00:00.000Z'
    expect(facts).toMatchObject({ reason: 'spent', spent_usd: 0.5, limit_usd: 0.5, left_usd: 0, resets_at: resetsAt })
    expect(message).toMatch(`is spent: $0.50 of $0.50`)
    expect(message).toMatch(`resets at ${resetsAt}`)
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0)
  })

  it('of what open calls hold says how much they hold, and to come back soon', async () => {
    const { facts, message, headers } = await refusalOf({ limitUsd: 0.5 }, { spentUsd: 0.1, heldUsd: 0.4 })
    expect(facts).toMatchObject({ reason: 'held', spent_usd: 0.1, held_usd: 0.4, left_usd: 0, limit_usd: 0.5 })
    expect(message).toMatch(/Open calls hold \$0\.40 of \$0\.50.*\$0 is left.*needs at least/)
    expect(message).not.toMatch(/resets/)
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(5)
  })

  it('of a call that does not fit says what it needs and what is left, and does not call it spent', async () => {
    const { facts, message } = await refusalOf({ limitUsd: 0.5 }, { spentUsd: 0.4999 })
    expect(facts).toMatchObject({ reason: 'does_not_fit', limit_usd: 0.5 })
    expect(facts['left_usd']).toBeCloseTo(0.0001, 12)
    expect(facts['needed_usd']).toBeGreaterThan(facts['left_usd'] as number)
    expect(message).toMatch(/does not fit.*needs at least \$0\.00\d+.*\$0\.0001 of \$0\.50 is left.*resets at/)
    expect(message).not.toMatch(/is spent/)
  })

  it('of a call that is dearer than the whole limit says that no reset will help', async () => {
    const { facts, message } = await refusalOf({ limitUsd: 1e-7 })
    expect(facts).toMatchObject({ reason: 'does_not_fit', spent_usd: 0, left_usd: 1e-7, limit_usd: 1e-7 })
    expect(message).toMatch(/\$0\.0000001 of \$0\.0000001 is left.*more than the whole limit/)
    expect(message).not.toMatch(/resets at/)
  })

  it('needs what the cheaper model would cost, where that was the last that was tried', async () => {
    const budget = new BudgetBreaker({
      limitUsd: 0.00001,
      downshift: { to: { 'gpt-4o': 'gpt-4o-mini' } },
      waitForHoldsMs: 0,
    })
    const call = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1000, maxOutputTokens: 100 }
    // 1,000 in and the least that is of use, 64 out, at $0.15 and $0.60 a million.
    expect(await budget.reserve(call)).toMatchObject({ reason: 'does_not_fit', neededUsd: 0.0001884, leftUsd: 0.00001 })
  })

  it('has the same facts in the shape of Anthropic', async () => {
    const ops = createLlmOps({ budget: { limitUsd: { fabrikam: 1 } }, defaultTenant: 'contoso' })
    const anthropic = new Anthropic({ baseURL: endpoint.url, apiKey: 'any', maxRetries: 0, fetch: ops.fetch })
    const call = anthropic.messages.create({ model: 'claude-sonnet-4-5', max_tokens: 50, messages })
    await expect(call).rejects.toMatchObject({
      status: 402,
      error: { error: { code: 'budget_exceeded', reason: 'not_listed', needed_usd: expect.any(Number), left_usd: 0 } },
    })
  })

  it('is never short of money by its own numbers where it lets a call pass, and always where it does not', async () => {
    const usd = fc.oneof(fc.double({ min: 0, max: 0.1, noNaN: true }), fc.constantFrom(0, 1e-9, 1e-7, 0.015, 0.1 + 0.2))
    const tokens = fc.nat(20_000)
    await fc.assert(
      fc.asyncProperty(
        usd,
        fc.double({ min: 0, max: 1.2, noNaN: true }),
        tokens,
        tokens,
        async (limitUsd, share, input, output) => {
          const budget = new BudgetBreaker({ limitUsd, waitForHoldsMs: 0, ledger: memoryLedger({ now }) })
          const free = await budget.reserve({ tenant: 'contoso', model: 'gpt-4o', inputTokens: 0, maxOutputTokens: 0 })
          if (free.granted) await free.settleNanos(nanosFromUsd(limitUsd * share))
          const call = await budget.reserve({
            tenant: 'contoso',
            model: 'gpt-4o',
            inputTokens: input,
            maxOutputTokens: output,
          })
          if (call.granted) return
          expect(call.neededUsd).toBeGreaterThan(call.leftUsd)
          expect(call.leftUsd).toBeGreaterThanOrEqual(0)
          expect(call.reason).toBe(
            call.limitUsd === 0 ? 'zero' : call.spentUsd >= call.limitUsd ? 'spent' : 'does_not_fit',
          )
        },
      ),
    )
  })
})
