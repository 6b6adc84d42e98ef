import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { ManualClock } from '../../src/clock/manual-clock.ts'
import type { ModelEndpointOptions } from '../../src/model/index.ts'
import { type Platform, startPlatform } from '../../src/platform.ts'
import { SNAPSHOT_FILE } from './start-test-platform.ts'
import { story } from './story.ts'

const AGENT = fileURLToPath(new URL('../../../../apps/agent/src/main.ts', import.meta.url))
const SECOND_MS = 1_000
const MINUTE_MS = 60_000
const LONGEST_STORY_MS = 30 * 60_000
/** What the agent measures by the wall (its exports, its synthetic tasks) passes so many times as fast. */
const SPEED = 240
/** How long a rule second is at least: longer while processes have to answer, and while they start. */
const PACE_MS = { idle: 1, run: 10, swap: 60 }
/** A process that is dead exports nothing. */
const LONGEST_WAIT_MS = 1_500

/** Two releases that each ask a model of their own, so that a test can hurt the provider of one alone. */
export const MODELS = { v1: 'gpt-5.4', v2: 'gpt-5.5' }

/** The deployments that are there; one that a test deletes is gone at once. */
export function deployed(): Record<string, string> {
  return Object.fromEntries([MODELS.v1, MODELS.v2, 'gpt-5.4-nano'].map((model) => [model, model]))
}

export type AgentPlatform = Platform & {
  /** Lets rule time pass until something holds; fails after half an hour of it. */
  until(holds: () => boolean): Promise<void>
  /** Lets so many minutes of rule time pass. */
  pass(minutes: number): Promise<void>
  /** Asks production. */
  chat(prompt: string, options?: { tenant?: string; signal?: AbortSignal }): Promise<Response>
  release(): Promise<string>
}

type AgentPlatformOptions = {
  readonly model?: ModelEndpointOptions
  readonly v2?: Readonly<Record<string, string>>
}

/** The platform as committed with the real agent in both slots: v1 in production, v2 in staging. */
export async function startAgentPlatform({ model, v2 }: AgentPlatformOptions = {}): Promise<AgentPlatform> {
  const clock = new ManualClock()
  let exports = 0
  const platform = await startPlatform({
    snapshot: SNAPSHOT_FILE,
    entry: AGENT,
    environment: {
      production: { RELEASE: 'v1', PRIMARY_MODEL: MODELS.v1 },
      staging: { RELEASE: 'v2', PRIMARY_MODEL: MODELS.v2, ...v2 },
    },
    ...(model && { model }),
    clock,
    speed: SPEED,
    onEvent: (event) => {
      if (event.kind === 'telemetry taken' && event.resourceId.includes('appi-production')) exports++
    },
  })
  const until = async (holds: () => boolean) => {
    for (let passedMs = 0; !holds(); passedMs += SECOND_MS) {
      if (passedMs > LONGEST_STORY_MS) throw new Error(`It never came: ${holds.toString()}\n${story(platform.events)}`)
      await clock.advance(SECOND_MS)
      await delay(paceOf(platform))
      if (clock.now() % MINUTE_MS === 0) await exported()
    }
  }
  /** On a machine that is busy rules and agent go on together: a minute of the one is a minute of the other. */
  const exported = async () => {
    const from = exports
    const giveUpAt = performance.now() + LONGEST_WAIT_MS
    while (exports === from && performance.now() < giveUpAt) await delay(5)
  }
  return Object.assign(platform, {
    until,
    pass: (minutes: number) => {
      const end = clock.now() + minutes * MINUTE_MS
      return until(() => clock.now() >= end)
    },
    chat: (prompt: string, { tenant = 'contoso', signal }: { tenant?: string; signal?: AbortSignal } = {}) =>
      fetch(`${platform.productionUrl}/chat`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ prompt, tenant }),
        ...(signal && { signal }),
      }),
    release: async () =>
      ((await (await fetch(`${platform.productionUrl}/health`)).json()) as { release: string }).release,
  })
}

/** The rules that called the healer so far. */
export function firedForHealer({ events }: Platform): string[] {
  return events.flatMap((event) =>
    event.kind === 'alert fired' && !event.rule.includes('-people') ? [event.rule] : [],
  )
}

/** The rules for which people were called. */
export function calledFor({ events }: Platform): string[] {
  return events.flatMap((event) => (event.kind === 'person called' && event.condition === 'Fired' ? [event.rule] : []))
}

export function wasHealed({ runs }: Platform): boolean {
  return runs.some(({ actions }) => actions['Healed']?.status === 'Succeeded')
}

function paceOf({ events, runs }: Platform): number {
  const swap = events.findLast(({ kind }) => kind.startsWith('swap '))?.kind
  if (swap !== undefined && swap !== 'swap done' && swap !== 'swap failed') return PACE_MS.swap
  const run = runs.at(-1)
  return run !== undefined && run.endedAt === undefined ? PACE_MS.run : PACE_MS.idle
}
