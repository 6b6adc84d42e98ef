import { fc } from 'test-support/generated'
import { sized } from 'test-support/sized'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createLlmOps, type LlmOps } from '../../src/index.ts'
import { pooledFetch } from '../../src/transport/index.ts'
import {
  bodyOf,
  eventsOf,
  MODELS,
  type Script,
  script,
  sent,
  sentStream,
  style,
  type Transfer,
  transfer,
} from './answers.ts'
import { fault, isFailedEvent, isUnread, spoiled } from './faults.ts'
import { SDKS, type Sdk, type Seen, seenBy } from './sdks.ts'
import type { Style, WireAnswer } from './wire-answer.ts'
import { WireServer, wireFetch } from './wire-server.ts'

/** Two hundred of each in all: a share for each SDK. */
const RUNS = Math.ceil(sized({ test: 200, soak: 10_000 }) / SDKS.length)
const BUDGET = { defaultTenant: 'contoso', budget: { limitUsd: 1_000_000 } }
const ROUTE = {
  retriesPerTarget: 0,
  targets: [...new Set(Object.values(MODELS))].map((model) => ({ name: model, model })),
}

let server: WireServer
beforeAll(async () => {
  server = await new WireServer().open()
})
afterAll(() => server.close())

type Way = { readonly name: string; readonly bare: typeof fetch; readonly start: () => LlmOps }

const pooled = pooledFetch()
/** Each way to the provider, anew for each answer: a route remembers which of its targets failed. */
const OVER_SOCKETS: readonly Way[] = [
  { name: 'the global fetch', bare: fetch, start: () => createLlmOps(BUDGET) },
  { name: 'pooledFetch()', bare: fetch, start: () => createLlmOps({ ...BUDGET, fetch: pooled }) },
  { name: 'a route', bare: fetch, start: () => createLlmOps({ ...BUDGET, route: ROUTE }) },
]

/** A `fetch` of the application has the pieces as they were cut, which no socket promises, and decodes nothing. */
function waysOf(answer: WireAnswer): readonly Way[] {
  if ('content-encoding' in answer.headers) return OVER_SOCKETS
  const own = wireFetch(answer)
  const start = () => createLlmOps({ ...BUDGET, fetch: own })
  return [...OVER_SOCKETS, { name: 'a fetch of the application', bare: own, start }]
}

type Compared = { readonly way: string; readonly bare: Seen; readonly governed: Seen }

/** What the SDK's caller sees without us, and with us, in each way. */
async function compared(sdk: Sdk, answer: WireAnswer): Promise<Compared[]> {
  const { url, forget } = server.answers(answer)
  const seen: Compared[] = []
  try {
    const overSockets = await seenBy(sdk, url, fetch)
    for (const { name: way, bare, start } of waysOf(answer)) {
      const ops = start()
      const governed = await seenBy(sdk, url, ops.fetch)
      seen.push({ way, governed, bare: bare === fetch ? overSockets : await seenBy(sdk, url, bare) })
      await ops.close()
      expect(await ops.budget.read('contoso')).toMatchObject({ heldUsd: 0 })
    }
    return seen
  } finally {
    forget()
  }
}

function answerOf(sdk: Sdk, script: Script, style: Style, transfer: Transfer): WireAnswer {
  if (!sdk.isStream) return sent(JSON.stringify(bodyOf(sdk.format, script)), 'application/json', transfer)
  return sentStream(eventsOf(sdk.format, script), style, transfer)
}

describe.each(SDKS.map((sdk) => [sdk.name, sdk] as const))('%s', (_, sdk) => {
  it('sees the same of a valid answer as without us', async () => {
    await fc.assert(
      fc.asyncProperty(script, style, transfer, async (...generated) => {
        const seen = await compared(sdk, answerOf(sdk, ...generated))
        for (const { way, bare, governed } of seen) expect({ way, ...governed }).toEqual({ way, ...bare })
      }),
      { numRuns: RUNS },
    )
  })

  it('sees the same of a fault, or an error where what was sent did not arrive', async () => {
    await fc.assert(
      fc.asyncProperty(script, style, transfer, fault, async (script, style, transfer, fault) => {
        const answer = spoiled(sdk, script, style, transfer, fault)
        // A connection that breaks takes along what Node has not decoded yet, with us and without.
        const isLost = fault.kind === 'reset' && 'content-encoding' in answer.headers
        const seen = await compared(sdk, answer)
        for (const each of seen) {
          // A route is through with a target at its own error, whatever comes behind it.
          const isEnded = each.way === 'a route' && fault.kind === 'error'
          const isTold = isError(each.governed) || (isEnded && isFailedEvent(sdk, fault))
          expectNoLess(each, isTold && (isEnded || isUnread(sdk, fault)), isLost)
        }
      }),
      { numRuns: RUNS },
    )
  })
})

/** The same, or less of it and then an error, where the provider sent something that cannot be read. */
function expectNoLess({ way, bare, governed }: Compared, mayEnd: boolean, isLost: boolean): void {
  if (!mayEnd) {
    expect({ way, ...governed }).toEqual({ way, ...bare })
    return
  }
  // What was collected before the error is for the SDK to hand on or to keep.
  const before = partsBeforeError(governed)
  if (isLost) before.splice(partsBeforeError(bare).length)
  expect({ way, parts: before }).toEqual({ way, parts: bare.parts.slice(0, before.length) })
}

function partsBeforeError({ parts }: Seen): unknown[] {
  const at = parts.findIndex(isErrorPart)
  return parts.slice(0, at < 0 ? parts.length : at)
}

const isErrorPart = (part: unknown) => (part as { type?: string } | undefined)?.type === 'error'
const isError = ({ parts, error }: Seen) => error !== undefined || parts.some(isErrorPart)
