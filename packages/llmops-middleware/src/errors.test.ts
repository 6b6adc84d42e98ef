import { beforeAll, describe, expect, it, vi } from 'vitest'
import { taskMiddleware } from './express/index.ts'
import { taskPlugin } from './fastify/index.ts'
import { BudgetBreaker, createLlmOps, InvalidOptionError, LedgerUnavailableError, LlmOpsError } from './index.ts'
import { type MemoryLedger, memoryLedger } from './ledger/index.ts'
import { mcpRouter } from './mcp/index.ts'
import { governed } from './web/index.ts'

/** Another copy of the package in this process, as an application and a library of its own may each bring one. */
let copy: typeof import('./index.ts')
beforeAll(async () => {
  vi.resetModules()
  copy = await import('./index.ts')
})

describe('a task of another copy of the package', () => {
  it('is refused where requests are to run in it, with where to look', () => {
    const accepted = governed({ ops: createLlmOps(), tenant: () => 'contoso' }, () => new Response())
    expect(accepted).toBeTypeOf('function')
    const options = { ops: copy.createLlmOps(), tenant: () => 'contoso' }
    const refusal =
      /^`ops` must be what createLlmOps returned, got an object\. It is of another copy of llmops-middleware.*npm ls/
    expect(() => governed(options, () => new Response())).toThrow(refusal)
    expect(() => taskMiddleware(options)).toThrow(refusal)
    expect(() => taskPlugin(options)).toThrow(refusal)
    expect(() =>
      mcpRouter({ ...options, tools: [], serverInfo: { name: 'a', version: '1' }, allowedHosts: ['a'] }),
    ).toThrow(refusal)
  })

  it('is followed by a wrapper that the application made', () => {
    const { task } = copy.createLlmOps()
    const wrapped: typeof task = (options, run) => task(options, run)
    expect(() => taskMiddleware({ ops: { task: wrapped }, tenant: () => 'contoso' })).not.toThrow()
  })

  it('has a budget that is refused in the same way', () => {
    const breaker = new copy.BudgetBreaker({ limitUsd: 1 })
    expect(() => createLlmOps({ breaker: breaker as never })).toThrow(/of this copy.*npm ls llmops-middleware/)
  })
})

describe('an error of another copy of the package', () => {
  it('is recognised by its code, though it is no instance of the class', () => {
    const error: unknown = new copy.LedgerUnavailableError('reserve', 'it is down')
    expect(error).not.toBeInstanceOf(LedgerUnavailableError)
    expect(LedgerUnavailableError.isInstance(error)).toBe(true)
    expect(LlmOpsError.isInstance(error)).toBe(true)
    expect(InvalidOptionError.isInstance(error)).toBe(false)
  })

  it('is none because something else has the same code', () => {
    const lookalike = Object.assign(new Error('of another library'), { code: 'ledger_unavailable' })
    expect(LedgerUnavailableError.isInstance(lookalike)).toBe(false)
    expect(LlmOpsError.isInstance(lookalike)).toBe(false)
    for (const value of [null, undefined, 'ledger_unavailable', new Error('any')]) {
      expect(LlmOpsError.isInstance(value)).toBe(false)
    }
  })

  it('is handled as our own where a ledger of that copy cannot be reached', async () => {
    const { fetch } = createLlmOps({
      budget: { limitUsd: 1, ledger: failing(memoryLedger()) },
      defaultTenant: 'contoso',
    })
    const response = await fetch('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      body: JSON.stringify({ model: 'gpt-4o', messages: [{ role: 'user', content: 'hi' }] }),
    })
    expect(response.status).toBe(503)
    expect(await response.json()).toMatchObject({ error: { code: 'ledger_unavailable' } })
  })

  it('does not stop calls whose budget is open while its ledger fails', async () => {
    const budget = new BudgetBreaker({ limitUsd: 1, ledger: failing(memoryLedger()), ledgerFailure: 'open' })
    const call = { tenant: 'contoso', model: 'gpt-4o', inputTokens: 1, maxOutputTokens: 1 }
    expect(await budget.reserve(call)).toMatchObject({ granted: true })
    await budget.close()
  })
})

function failing(ledger: MemoryLedger): MemoryLedger {
  const fail = () => Promise.reject(new copy.LedgerUnavailableError('reserve', 'it is down'))
  return Object.assign(Object.create(ledger), { reserve: fail })
}

describe('an error of an application', () => {
  class TooManyTicketsError extends LlmOpsError {
    readonly code = 'too_many_tickets'
  }

  it('is one of ours, and no other class recognises it', () => {
    const error = new TooManyTicketsError('Three tickets are open.')
    expect(LlmOpsError.isInstance(error)).toBe(true)
    expect(TooManyTicketsError.isInstance(error)).toBe(true)
    expect(TooManyTicketsError.isInstance(new LedgerUnavailableError('reserve', 'it is down'))).toBe(false)
    expect(LedgerUnavailableError.isInstance(error)).toBe(false)
    expect(String(error)).toBe('TooManyTicketsError: Three tickets are open.')
  })
})
