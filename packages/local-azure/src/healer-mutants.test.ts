// Scenarios in which other healers go wrong, run against this healer, a naive one, and mutants of this one. Each guard of
// the healer has a mutant without it that fails a scenario, which proves that the guard is needed.
import { describe, expect, it, vi } from 'vitest'
import { post, readiness, runsEnded, settled, swaps } from '../test/support/alerts.ts'
import { editedSnapshot } from '../test/support/edited-snapshot.ts'
import { askedWithOneDead, swapsBegun } from '../test/support/one-dead-of-two.ts'
import { type AtEnd, startTestPlatform, type TestPlatform } from '../test/support/start-test-platform.ts'
import { sendSwap, swapByHand } from '../test/support/swap-by-hand.ts'
import type { PlatformOptions } from './platform-options.ts'

// biome-ignore lint/suspicious/noExplicitAny: a mutant changes any part of the definition.
type Definition = any
type Mutate = (definition: Definition) => void
type Fault = NonNullable<PlatformOptions['armFault']>
type Start = (options?: Partial<PlatformOptions>) => Promise<TestPlatform>
/** The requests to Azure Resource Manager that a scenario sees, and the responses that it injects. */
type Arm = { sentSwaps: number; answer: Fault }
type Scenario = (start: Start, arm: Arm) => Promise<boolean>

const PROMOTION = 1
const MINUTE_MS = 60_000
/** Of a swap that is not over when it is looked at for the first time. */
const SWAP_MS = 124_000
const HTTP_5XX = 'alert-http5xx-app'

const SCENARIOS = {
  'heals once': async (start) => {
    const platform = await promoted(start, { swapMs: SWAP_MS })
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'stays healed when the alert resolves': async (start) => {
    const platform = await promoted(start)
    await post(platform, 'Resolved')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'is not undone by a second alert': async (start) => {
    const platform = await promoted(start)
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    await post(platform, 'Fired')
    await runsEnded(platform, 2)
    return swaps(platform) === PROMOTION + 1
  },
  'asks once for a swap when two alerts come at once': async (start, arm) => {
    const platform = await promoted(start)
    await Promise.all([post(platform, 'Fired'), post(platform, 'Fired')])
    await runsEnded(platform, 2)
    return arm.sentSwaps === PROMOTION + 1
  },
  'leaves alone what nobody promoted': async (start) => {
    const platform = await start()
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === 0
  },
  'leaves alone what a person has swapped since': async (start) => {
    const platform = await promoted(start)
    await swapByHand(platform)
    await swapByHand(platform)
    await post(await settled(platform), 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 2
  },
  'leaves an old promotion alone': async (start) => {
    const platform = await promoted(start)
    await platform.clock.advance(121 * 60_000)
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'does not promote a newer build': async (start) => {
    const platform = await promoted(start)
    await platform.deploy('staging', { RELEASE: 'v3' })
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'does not swap to a candidate that fails its task': async (start) => {
    const platform = await promoted(start)
    await fetch(`${platform.stagingUrl}/break`)
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'does not repeat a swap that may have started': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = ({ path }) => (isSwap(path) ? { status: 503 } : undefined)
    await post(platform, 'Fired')
    await platform.until(() => platform.runs.some(({ endedAt }) => endedAt !== undefined))
    return arm.sentSwaps === PROMOTION + 1 && platform.runs[0]?.error?.code === 'SwapNotAccepted'
  },
  'does not undo a good release for what the one before did': async (start) => {
    const platform = await promoted(start)
    await post(platform, 'Fired', { windowMs: 8 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.status === 'Succeeded'
  },
  'waits until what the release before had left to say has been sent': async (start) => {
    const platform = await promoted(start)
    await post(platform, 'Fired', { windowMs: 7 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'does not undo a release for an alert that comes when its failure is long over': async (start) => {
    const platform = await promoted(start)
    await platform.clock.advance(40 * MINUTE_MS)
    await post(platform, 'Fired', { windowMs: 35 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.status === 'Succeeded'
  },
  'heals at once what fails its own task': async (start) => {
    const platform = await promoted(start)
    await fetch(`${platform.productionUrl}/break`)
    await post(platform, 'Fired', { windowMs: 30 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1
  },
  'heals at once what has missed the objective by its own account': async (start) => {
    const platform = await promoted(start)
    await tellOutcomes(platform, { tasks: 10, taskSuccess: 0.7 })
    await post(platform, 'Fired', { windowMs: 30 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1
  },
  'takes nine tasks for no sample': async (start) => {
    const platform = await promoted(start)
    await tellOutcomes(platform, { tasks: 9, taskSuccess: 0 })
    await post(platform, 'Fired', { windowMs: 30 * MINUTE_MS })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'takes server errors for no evidence while production does its task': async (start) => {
    const platform = await promoted(start)
    await tellOutcomes(platform, { tasks: 100, taskSuccess: 0 })
    await post(platform, 'Fired', { rule: HTTP_5XX })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION
  },
  'does not undo a release for an outage of its provider': async (start) => {
    const platform = await promoted(start)
    for (const url of [platform.productionUrl, platform.stagingUrl]) await readiness(url, 'fails')
    await post(platform, 'Fired', { rule: HTTP_5XX })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.error?.code === 'CandidateUnhealthy'
  },
  'does not undo a release for a provider that comes and goes': async (start) => {
    const platform = await promoted(start)
    await readiness(platform.productionUrl, 'fails', 3)
    await post(platform, 'Fired', { rule: HTTP_5XX })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.status === 'Succeeded'
  },
  'takes a result of ten minutes ago for no yes': async (start) => {
    const platform = await promoted(start)
    await readiness(platform.stagingUrl, 'old')
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.status === 'Failed'
  },
  'does not call it healed when production is dead afterwards': async (start) => {
    const platform = await promoted(start)
    await post(platform, 'Fired')
    await platform.until(() => swaps(platform) === PROMOTION + 1)
    await platform.kill('production')
    await runsEnded(platform, 1)
    return platform.runs[0]?.status === 'Failed'
  },
  'waits for a role to read the site that is not there yet': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = refusing([403, 401, 403], ({ method }) => method === 'GET')
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'waits for a role to swap that is not there yet': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = refusing([401, 403], ({ path }) => isSwap(path))
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'calls a person when the role never comes': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = ({ method }) => (method === 'GET' ? { status: 403 } : undefined)
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.error?.code === 'SiteNotReadable'
  },
  'waits until the site is free': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = refusing([409, 409, 409], ({ path }) => isSwap(path))
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'calls a person when the site is never free': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = ({ path }) => (isSwap(path) ? { status: 409 } : undefined)
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION && platform.runs[0]?.error?.code === 'SwapNotAccepted'
  },
  'does not undo the swap of a person that kept the site busy': async (start, arm) => {
    const platform = await promoted(start)
    let isAsked = false
    arm.answer = ({ path }) => {
      if (!isSwap(path) || swapsBegun(platform) > PROMOTION) return undefined
      if (!isAsked) void sendSwap(platform)
      isAsked = true
      return { status: 409 }
    }
    await post(platform, 'Fired')
    // Rule time stands still while processes start, since they start on the wall clock.
    await vi.waitUntil(() => swaps(platform) > PROMOTION, { timeout: 40_000 })
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'goes on looking at a swap when its token is not taken once': async (start, arm) => {
    const platform = await promoted(start, { swapMs: SWAP_MS })
    arm.answer = refusing([401], ({ path }) => path.includes('/operationresults/'))
    await post(platform, 'Fired')
    await runsEnded(platform, 1)
    return swaps(platform) === PROMOTION + 1 && platform.runs[0]?.status === 'Succeeded'
  },
  'keeps every call while it waits for a swap': async (start, arm) => {
    const platform = await promoted(start)
    arm.answer = refusing([409, 409], ({ path }) => isSwap(path))
    const calls = await Promise.all(Array.from({ length: 40 }, () => post(platform, 'Fired')))
    const taken = calls.filter(({ status }) => status === 202)
    await runsEnded(platform, taken.length)
    return swaps(platform) === PROMOTION + 1 && taken.length === calls.length
  },
  'does not take one dead instance of two for the release': async (start) => {
    const platform = await askedWithOneDead(start)
    return platform.runs[0]?.status === 'Succeeded' && swapsBegun(platform) === PROMOTION
  },
} satisfies Record<string, Scenario>

type ScenarioName = keyof typeof SCENARIOS
const NAMES = Object.keys(SCENARIOS) as ScenarioName[]

describe('our healer', () => {
  it.concurrent.for(NAMES.map((name) => ({ name })))('$name', async ({ name }, { onTestFinished }) => {
    expect(await holds(name, () => {}, onTestFinished)).toBe(true)
  })
})

describe('the naive healer, which swaps whenever it is called,', () => {
  const last = NAMES.indexOf('does not undo a good release for what the one before did')
  const stories = NAMES.slice(1, last + 1).map((name) => ({ name }))
  it.concurrent.for(stories)('does not pass: $name', async ({ name }, { onTestFinished }) => {
    expect(await holds(name, naive, onTestFinished)).toBe(false)
  })
})

const NEVER = { equals: [1, 2] }

const MUTANTS: [what: string, mutate: Mutate, caughtBy: ScenarioName][] = [
  [
    'acts on Resolved too',
    ({ actions }) => {
      actions.Ignore_all_but_fired.expression = NEVER
    },
    'stays healed when the alert resolves',
  ],
  [
    'acts on Resolved only',
    ({ actions }) => {
      actions.Ignore_all_but_fired.expression = actions.Ignore_all_but_fired.expression.not
    },
    'heals once',
  ],
  [
    'needs no arming',
    ({ actions }) => {
      actions.Stop_unless_armed.expression = NEVER
    },
    'leaves alone what a person has swapped since',
  ],
  [
    'is not disarmed by a swap',
    ({ actions }) => {
      actions.Stop_unless_armed.expression.or.pop()
    },
    'leaves alone what a person has swapped since',
  ],
  [
    'heals at any age',
    ({ actions }) => {
      actions.Stop_unless_recent.expression = NEVER
    },
    'leaves an old promotion alone',
  ],
  [
    'heals only old promotions',
    ({ actions }) => {
      actions.Stop_unless_recent.expression = actions.Stop_unless_recent.expression.not
    },
    'heals once',
  ],
  [
    'takes any release for the last known good one',
    ({ actions }) => {
      actions.Stop_unless_last_known_good.expression = NEVER
    },
    'does not promote a newer build',
  ],
  [
    'asks the candidate for no task',
    ({ actions }) => {
      actions.Try_candidate.inputs.uri = actions.Ask_candidate.inputs.uri
    },
    'does not swap to a candidate that fails its task',
  ],
  [
    'repeats the swap',
    ({ actions }) => {
      delete swapOf(actions).Swap.inputs.retryPolicy
    },
    'does not repeat a swap that may have started',
  ],
  [
    'runs twice at once',
    ({ triggers }) => {
      delete triggers.alert.runtimeConfiguration.concurrency
    },
    'asks once for a swap when two alerts come at once',
  ],
  [
    'does not wait for the swap',
    ({ actions }) => {
      actions.Wait_for_swap.expression = '@equals(1, 1)'
    },
    'heals once',
  ],
  [
    'takes every window for evidence',
    ({ actions }) => {
      actions.Evidence.expression = { equals: [1, 1] }
    },
    'does not undo a good release for what the one before did',
  ],
  [
    'leaves the release before no time',
    ({ actions }) => {
      actions.Evidence.expression.or[0].and[1].greaterOrEquals[1] = "@ticks(outputs('Last_swap'))"
    },
    'waits until what the release before had left to say has been sent',
  ],
  [
    'takes alerts of any age for evidence',
    ({ actions }) => {
      actions.Evidence.expression.or[0].and.pop()
    },
    'does not undo a release for an alert that comes when its failure is long over',
  ],
  [
    'asks production nothing',
    ({ actions }) => {
      actions.Production_before.inputs = 'unknown'
    },
    'heals at once what fails its own task',
  ],
  [
    'reads no outcomes of production',
    ({ actions }) => {
      actions.If_it_tells_its_outcomes.expression = NEVER
    },
    'heals at once what has missed the objective by its own account',
  ],
  [
    'needs no sample',
    ({ actions }) => {
      for (const { and } of actions.Evidence.expression.or[1].and[1].or) and[0].greaterOrEquals[1] = 1
    },
    'takes nine tasks for no sample',
  ],
  [
    'takes server errors for evidence',
    ({ actions }) => {
      actions.Evidence.expression.or[0].and.shift()
    },
    'takes server errors for no evidence while production does its task',
  ],
  [
    'takes outcomes for evidence of server errors',
    ({ actions }) => {
      actions.Evidence.expression.or[1].and.shift()
    },
    'takes server errors for no evidence while production does its task',
  ],
  [
    'does not ask in turn',
    ({ actions }) => {
      actions.Stop_unless_it_still_fails.expression = NEVER
    },
    'does not undo a release for a provider that comes and goes',
  ],
  [
    'asks in turn once',
    ({ actions }) => {
      actions.Stop_unless_it_still_fails.actions.Compare.limit.count = 1
    },
    'does not undo a release for a provider that comes and goes',
  ],
  [
    'takes any result of the candidate for a new one',
    ({ actions }) => {
      actions.Stop_unless_fresh.expression = NEVER
    },
    'takes a result of ten minutes ago for no yes',
  ],
  [
    'does not look at production afterwards',
    ({ actions }) => {
      actions.Healed.runAfter = { Stop_unless_swapped: ['Succeeded'] }
      delete actions.Check_production
      delete actions.End_production_unhealthy
      delete actions.Stop_unless_healed
    },
    'does not call it healed when production is dead afterwards',
  ],
  [
    'asks for the site once',
    ({ actions }) => {
      actions.Find_site.limit.count = 1
    },
    'waits for a role to read the site that is not there yet',
  ],
  [
    'takes a site that it may not read for one that nobody promoted',
    ({ actions }) => {
      actions.Stop_unless_site_is_read.expression = NEVER
    },
    'calls a person when the role never comes',
  ],
  [
    'sends no swap again that was refused',
    ({ actions }) => {
      actions.Swap_when_free.limit.count = 1
    },
    'waits until the site is free',
  ],
  [
    'waits for no role',
    ({ actions }) => {
      const { Swap_was_refused: refused } = actions.Swap_when_free.actions
      refused.inputs = refused.inputs.replace('401 403 409', '409')
    },
    'waits for a role to swap that is not there yet',
  ],
  [
    'sends a swap again that may have started',
    ({ actions }) => {
      const { Swap_was_refused: refused } = actions.Swap_when_free.actions
      refused.inputs = refused.inputs.replace('409', '409 503')
    },
    'does not repeat a swap that may have started',
  ],
  [
    'does not look again before it swaps',
    ({ actions }) => {
      actions.Swap_when_free.actions.Site_before.inputs = 'as it was'
    },
    'does not undo the swap of a person that kept the site busy',
  ],
  [
    'goes on whatever Azure answers to the swap',
    ({ actions }) => {
      actions.Stop_unless_accepted.expression = NEVER
    },
    'calls a person when the site is never free',
  ],
  [
    'looks at a swap until anything but 202',
    ({ actions }) => {
      actions.Wait_for_swap.expression = "@not(equals(coalesce(outputs('Look_at_swap')?['statusCode'], 202), 202))"
    },
    'goes on looking at a swap when its token is not taken once',
  ],
  [
    'lets ten calls wait, as is the default',
    ({ triggers }) => {
      delete triggers.alert.runtimeConfiguration.concurrency.maximumWaitingRuns
    },
    'keeps every call while it waits for a swap',
  ],
  [
    'looks for no other instance',
    ({ actions }) => {
      actions.Stop_unless_it_still_fails.actions.If_nobody_answers_for_it.expression = NEVER
    },
    'does not take one dead instance of two for the release',
  ],
]

describe('a mutant of our healer that', () => {
  const mutants = MUTANTS.map(([what, mutate, caughtBy]) => ({ what, mutate, caughtBy }))
  it.concurrent.for(mutants)('$what is caught', async ({ mutate, caughtBy }, { onTestFinished }) => {
    expect(await holds(caughtBy, mutate, onTestFinished)).toBe(false)
  })
})

/** Whether the scenario passes with the changed workflow. */
async function holds(name: ScenarioName, mutate: Mutate, atEnd: AtEnd): Promise<boolean> {
  const arm: Arm = { sentSwaps: 0, answer: () => undefined }
  const snapshot = editedSnapshot('Microsoft.Logic/workflows', ({ definition }) => mutate(definition), atEnd)
  const armFault: Fault = (request) => {
    if (isSwap(request.path)) arm.sentSwaps += 1
    return arm.answer(request)
  }
  const start: Start = (options) => startTestPlatform({ snapshot, armFault, ...options }, atEnd)
  return await (SCENARIOS[name] as Scenario)(start, arm)
}

function isSwap(path: string): boolean {
  return path.endsWith('/slots/staging/slotsswap')
}

/** Responds to the next matching requests with these statuses, then passes the others to the platform. */
function refusing(statuses: number[], isMeant: (request: Parameters<Fault>[0]) => boolean): Fault {
  return (request) => {
    const status = isMeant(request) ? statuses.shift() : undefined
    return status === undefined ? undefined : { status }
  }
}

async function promoted(start: Start, options?: Partial<PlatformOptions>): Promise<TestPlatform> {
  const platform = await start(options)
  await platform.promote()
  return settled(platform)
}

/** Sets the outcomes that production reports to probes. */
async function tellOutcomes(platform: TestPlatform, outcomes: object): Promise<void> {
  await fetch(`${platform.productionUrl}/outcomes?are=${encodeURIComponent(JSON.stringify(outcomes))}`)
}

function swapOf(actions: Definition): Definition {
  return actions.Swap_when_free.actions.If_it_is_as_it_was.actions
}

/** The usual healer: one trigger and one action. */
function naive(definition: Definition): void {
  const { Swap } = swapOf(definition.actions)
  delete Swap.operationOptions
  delete Swap.inputs.retryPolicy
  delete definition.triggers.alert.runtimeConfiguration
  definition.actions = { Swap }
}
