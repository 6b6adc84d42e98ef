import { durationText, type Progress } from 'command-line'
import { percent } from '../output/summary-text.ts'
import { type AgentClient, AgentRefusedError } from '../target/agent-client.ts'
import { openLoop } from './open-loop.ts'
import { promptFor } from './prompts.ts'
import { type Sample, type Summary, summarise } from './tally.ts'

export type InjectionOptions = {
  readonly baseUrl: URL
  readonly mode: string
  readonly probability: number
  readonly seed?: number
  readonly rps: number
  /** Milliseconds. */
  readonly duration: number
  readonly prompt?: string
  readonly signal: AbortSignal
  readonly progress: Progress
}

export type Injection = Summary & {
  readonly shed: number
  readonly instanceBefore: string
  /** Absent where the agent does not say it any more. */
  readonly instanceAfter?: string
  /** Why the fault may still be on. */
  readonly notCleared?: string
}

/** A fault must outlive the load a little, and end by itself should this process be killed. */
const TTL_MARGIN_MS = 5000

/** Sets the fault, drives the load, and clears the fault, however it ends. */
export async function injectFault(agent: AgentClient, options: InjectionOptions): Promise<Injection> {
  const { signal, progress } = options
  const before = await agent.health()
  await setFault(agent, options)
  progress.line(announcement(options))
  const { samples, shed } = await drive(agent, options)
  const notCleared = await clear(agent, options)
  const after = signal.aborted ? undefined : await agent.health().catch(() => undefined)
  return {
    ...summarise(samples),
    shed,
    instanceBefore: before.instance,
    ...(after && { instanceAfter: after.instance }),
    ...(notCleared !== undefined && { notCleared }),
  }
}

async function setFault(agent: AgentClient, options: InjectionOptions): Promise<void> {
  const { mode, probability, duration, seed } = options
  try {
    await agent.setFault({ mode, probability, ttlMs: duration + TTL_MARGIN_MS, ...(seed !== undefined && { seed }) })
  } catch (error) {
    // If only the answer was lost, the fault may be set. A refusal has not set it, and is all that the user needs to know.
    const notCleared = error instanceof AgentRefusedError ? undefined : await clear(agent, options)
    if (notCleared !== undefined) options.progress.line(notCleared)
    throw error
  }
}

async function drive(agent: AgentClient, options: InjectionOptions): Promise<{ samples: Sample[]; shed: number }> {
  const { rps, duration, prompt, signal, progress } = options
  const samples: Sample[] = []
  let succeeded = 0
  const until = AbortSignal.any([signal, AbortSignal.timeout(duration)])
  const { shed } = await openLoop({ ratePerSecond: rps, signal: until }, async (index) => {
    const sample = await agent.chat(prompt ?? promptFor(index))
    // An interrupted request says nothing about the agent.
    if (signal.aborted) return
    samples.push(sample)
    if (sample.succeeded) succeeded++
    progress.update(`${samples.length} requests, ${percent(succeeded / samples.length)} succeeded`)
  })
  return { samples, shed }
}

/** Returns why the fault may still be on; never throws, since what was measured must not be lost by it. */
async function clear(agent: AgentClient, { duration, progress }: InjectionOptions): Promise<string | undefined> {
  try {
    await agent.clearFault()
    progress.line('The fault is off.')
    return undefined
  } catch (error) {
    const latest = durationText(duration + TTL_MARGIN_MS)
    return `The fault may still be on, and ends by itself ${latest} after it was set: ${(error as Error).message}`
  }
}

function announcement({ mode, probability, baseUrl, rps, duration }: InjectionOptions): string {
  const fault = mode === 'off' ? 'No fault' : `The fault ${mode} at probability ${probability}`
  return `${fault} on ${baseUrl.origin}: ${rps} requests a second for ${durationText(duration)}.`
}
