import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { type ErrorCode, HTTP_STATUS } from '../../src/error-codes.ts'
import { BUDGET } from './budget.ts'
import { FAULTS } from './faults.ts'
import { MODEL_CALLS } from './model-calls.ts'
import type { Remedy } from './remedy.ts'
import { TASKS } from './tasks.ts'
import { TOOLS } from './tools.ts'

/** One for each code, and for no other: else this does not compile. */
const REMEDIES: Readonly<Record<ErrorCode, Remedy>> = { ...MODEL_CALLS, ...BUDGET, ...TASKS, ...TOOLS, ...FAULTS }

/** What is answered with another status than that of its problem: no SDK retries a 400. */
const ANSWERED: Partial<Record<ErrorCode, number>> = { task_ended: 400, deadline_exceeded: 400 }

const PAGE = readFileSync(join(import.meta.dirname, '../../../../docs/errors.md'), 'utf8')

type Told = { readonly code?: unknown; readonly status?: unknown; readonly message: string }

describe('the remedies', () => {
  it('are of each code, and of no other', () => {
    expect(Object.keys(REMEDIES).toSorted()).toEqual(Object.keys(HTTP_STATUS).toSorted())
  })

  it('of callers are explained in docs/errors.md, and so are those of providers', () => {
    const headings = Array.from(PAGE.matchAll(/^### `(\w+)`$/gm), ([, code]) => code!)
    const explained = Object.entries(REMEDIES).filter(
      ([code, { by }]) => by === 'caller' || code === 'ledger_unavailable',
    )
    expect(headings.toSorted()).toEqual(explained.map(([code]) => code).toSorted())
  })
})

describe.each(Object.entries(REMEDIES))('%s', (code, { by, says, call }) => {
  const helped = by === 'caller' ? 'the remedy of its caller' : 'the world well again'
  it(`says what happened and what to do, and with ${helped} the same call succeeds`, async () => {
    const { error, again } = await call()
    const { code: told, status, message } = error as Told
    expect(told).toBe(code)
    // An SDK keeps the status of the response; what is thrown has none.
    if (status !== undefined) expect(status).toBe(ANSWERED[code as ErrorCode] ?? HTTP_STATUS[code as ErrorCode])
    for (const words of says) expect(message).toMatch(words)
    await again()
  })
})
