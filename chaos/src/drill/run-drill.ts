import { type Platform, startPlatform } from 'local-azure'
import { readObjectives } from '../../../apps/agent/src/objectives/index.ts'
import { summarise } from '../load/tally.ts'
import { AgentClient } from '../target/agent-client.ts'
import { judge } from './judge.ts'
import type { Scenario } from './scenarios.ts'
import { type Moment, momentOf, Timeline } from './timeline.ts'
import { type TimedSample, Traffic } from './traffic.ts'
import type { Elapsed, Verdict } from './verdict.ts'

export type DrillOptions = {
  readonly scenario: Scenario
  readonly seed: number
  /** Rule seconds a second on the wall, at most: rule time waits for a busy machine. */
  readonly speed: number
  /** Users a second on the wall, while rule time runs at its full speed. */
  readonly ratePerSecond: number
  readonly signal: AbortSignal
  /** Hears what the drill does, line by line. */
  readonly onStep: (text: string) => void
  /** Hears how it stands, often. */
  readonly onProgress: (text: string) => void
}

const SECOND_MS = 1_000
const MINUTE_MS = 60_000
/** Long enough for a steady state to be seen. */
const STEADY_MS = 3 * MINUTE_MS
/** The longest time to wait for each turn of the story. */
const PATIENCE_MS = 25 * MINUTE_MS
/** How long a swap takes on App Service: one published log has 124 s. */
const SWAP_MS = 124_000
/** How long the fault asks the agent to wait before it retries, on the wall. Otherwise the SDK chooses, about 1.3 s. */
const RETRY_AFTER_MS = 20
/** How long a fault lasts if it is not ended earlier, in real time. */
const FAULT_TTL_MS = 6 * 60 * MINUTE_MS
/** The deadline of a task, on the wall: a busy machine is slow, not broken. */
const AGENT_SETTINGS = { TASK_DEADLINE_MS: String(5 * MINUTE_MS) }
/** How long to wait for the response to one request, on the wall: for a machine that does much else. */
const RESPONSE_TIMEOUT_MS = 5 * MINUTE_MS

const SNAPSHOT = new URL('../../../infra/main.snapshot.json', import.meta.url).pathname
const AGENT = new URL('../../../apps/agent/src/main.ts', import.meta.url).pathname

/**
 * Runs the whole story on the local platform: steady state, a fault in production, the alert, the workflow, the swap,
 * recovery. The platform is left to the caller, who closes it.
 */
export async function runDrill(options: DrillOptions): Promise<{ verdict: Verdict; platform: Platform }> {
  const { scenario, speed, seed } = options
  const timeline = new Timeline()
  const platform = await startPlatform({
    snapshot: SNAPSHOT,
    entry: AGENT,
    speed,
    seed,
    swapMs: SWAP_MS,
    exportTelemetry: scenario.exportsTelemetry,
    environment: {
      production: { ...AGENT_SETTINGS, RELEASE: 'v1' },
      staging: { ...AGENT_SETTINGS, RELEASE: 'v2', ...scenario.candidateSettings },
    },
    onEvent: timeline.add,
  })
  try {
    options.signal.throwIfAborted()
    return { verdict: await runStory(options, platform, timeline), platform }
  } catch (error) {
    await platform.close()
    throw error
  }
}

async function runStory(options: DrillOptions, platform: Platform, timeline: Timeline): Promise<Verdict> {
  const { scenario, speed, seed, ratePerSecond, signal, onStep } = options
  const wait = (ruleMs: number) => platform.sleep(ruleMs, signal)
  const agent = new AgentClient({
    baseUrl: new URL(platform.productionUrl),
    adminToken: platform.adminToken,
    tenant: 'drill',
    timeoutMs: RESPONSE_TIMEOUT_MS,
    signal,
  })

  onStep(`Two slots run, release v1 in production. The page is at ${platform.productionUrl}`)
  if (!scenario.startsWithPromotion) await promote(platform, onStep)
  const before = await agent.health()
  const traffic = new Traffic({
    agent,
    clock: platform,
    intervalMs: (1_000 * speed) / ratePerSecond,
    onSample: () => options.onProgress(stateOf(traffic)),
  })
  try {
    onStep(`Steady state: ${ratePerSecond} users a second.`)
    await wait(STEADY_MS)

    const faultAt = momentOf(platform)
    traffic.enter('during')
    onStep(scenario.announcement)
    if (scenario.startsWithPromotion) await promote(platform, onStep)
    else {
      const fault = { mode: scenario.mode, probability: 1, seed, ttlMs: FAULT_TTL_MS, retryAfterMs: RETRY_AFTER_MS }
      await platform.pauseDuring(() => agent.setFault(fault))
    }
    const hurt = await platform.pauseDuring(() => agent.health())

    const since = { sinceRuleMs: faultAt.ruleMs, patienceMs: PATIENCE_MS, clock: platform, signal }
    const fired = await timeline.first('alert fired', { ...since, where: ({ rule }) => callsHealer(rule) })
    if (fired)
      onStep(`Alert: ${fired.event.rule} fired, ${elapsedText(between(faultAt, fired.moment))} after the fault.`)
    // It is called every minute, and ends quietly while what fired may be about the release before.
    const decides = ({ status, reason }: { status: string; reason: string }) =>
      status === 'Failed' || reason.startsWith('Production is back')
    const afterwards = { ...since, sinceRuleMs: fired?.event.at ?? 0 }
    const runEnded = fired && (await timeline.first('run ended', { ...afterwards, where: decides }))
    if (runEnded) onStep(`Workflow: ${runEnded.event.status}. ${runEnded.event.reason}`)
    const swapped = timeline.count('swap done', faultAt.ruleMs) > (scenario.startsWithPromotion ? 1 : 0)
    const routed = swapped ? await firstAnswerFrom(traffic, [before.instance, hurt.instance], wait) : undefined
    traffic.enter('after')

    // The rule of the healer is stateless: it is over when its condition holds no more. A healer that takes that, or the
    // Resolved of a rule for people, for a reason to swap would undo the heal.
    const isOver = ({ rule, isBreached }: { rule: string; isBreached: boolean }) =>
      rule === fired?.event.rule && !isBreached
    const resolved = fired && (await timeline.first('alert evaluated', { ...afterwards, where: isOver }))
    if (resolved) onStep(`Alert: the condition of ${resolved.event.rule} holds no more.`)
    await wait(2 * MINUTE_MS)
    const after = await agent.health()
    await traffic.end()

    return judge({
      scenario,
      objectives: readObjectives(),
      options: { seed, speed, mode: scenario.name },
      timeToDetect: fired && between(faultAt, fired.moment),
      timeToHeal: routed && between(faultAt, routed.ended),
      healerSwaps: timeline.count('swap done', faultAt.ruleMs) - (scenario.startsWithPromotion ? 1 : 0),
      hasResolved: resolved !== undefined,
      before,
      hurt,
      after,
      slis: {
        before: summarise(traffic.samples.before),
        during: summarise(traffic.samples.during),
        after: summarise(traffic.samples.after),
      },
    })
  } finally {
    await traffic.end()
  }
}

/** People have rules of their own, and the runs of the healer have one. */
function callsHealer(rule: string): boolean {
  return !rule.includes('-people') && !isOfHealer(rule)
}

function isOfHealer(rule: string): boolean {
  return rule.includes('healer-failed')
}

async function promote(platform: Platform, onStep: (text: string) => void): Promise<void> {
  await platform.promote()
  onStep('Promoted release v2; release v1 stays warm in staging, and the healer is armed.')
}

/** The first user whom the healed instance served. */
async function firstAnswerFrom(
  traffic: Traffic,
  before: readonly string[],
  wait: (ruleMs: number) => Promise<void>,
): Promise<TimedSample | undefined> {
  const isHealed = ({ instance, succeeded }: TimedSample) =>
    succeeded && instance !== undefined && !before.includes(instance)
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += SECOND_MS) {
    const healed = traffic.samples.during.findLast(isHealed)
    if (healed) return traffic.samples.during.find((sample) => isHealed(sample) && sample.instance === healed.instance)
    await wait(SECOND_MS)
  }
  return undefined
}

function between(from: Moment, to: Moment): Elapsed {
  return { ruleMs: to.ruleMs - from.ruleMs, wallMs: to.wallMs - from.wallMs }
}

function elapsedText({ ruleMs }: Elapsed): string {
  return `${(ruleMs / 1000).toFixed(0)} s of rule time`
}

function stateOf({ samples }: Traffic): string {
  const latest = [...samples.before, ...samples.during, ...samples.after].slice(-20)
  const succeeded = latest.filter((sample) => sample.succeeded).length
  return `last ${latest.length} tasks: ${'█'.repeat(succeeded)}${'░'.repeat(latest.length - succeeded)}`
}
