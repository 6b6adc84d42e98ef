import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type DashboardOptions, dashboardRouter } from '../../src/dashboard/index.ts'
import {
  createLlmOps,
  type LlmOps,
  type LlmOpsOptions,
  type OpsEvent,
  type OpsEvents,
  type TaskEnded,
} from '../../src/index.ts'
import { serve } from './serve.ts'

/** A Tuesday, at noon. */
export const NOON = Date.UTC(2026, 10, 24, 12)

const USAGE = { prompt_tokens: 1000, completion_tokens: 100, total_tokens: 1100 }
/** 1,000 tokens in and 100 out of gpt-4o-mini. */
export const CALL_USD = (1000 * 150 + 100 * 600) / 1e9

export const answered = () =>
  Response.json({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'gpt-4o-mini-2024-07-18',
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'Yes.' } }],
    usage: USAGE,
  })

export const failing = (status = 503, message = 'The engine is overloaded.') =>
  Response.json({ error: { message, type: 'error', code: null } }, { status })

/** A clock and its timers, which stand still until they are moved. */
export class TurnedClock {
  #nowMs = NOON
  readonly #repeating: { readonly act: () => void; readonly everyMs: number; nextMs: number }[] = []

  readonly epochMs = () => this.#nowMs
  readonly repeat = (act: () => void, everyMs: number) => {
    const timer = { act, everyMs, nextMs: this.#nowMs + everyMs }
    this.#repeating.push(timer)
    return () => void this.#repeating.splice(this.#repeating.indexOf(timer), 1)
  }

  /** Goes on by so long, and runs what falls due on the way. */
  turn(ms: number): void {
    const endMs = this.#nowMs + ms
    for (;;) {
      const due = this.#repeating.toSorted((a, b) => a.nextMs - b.nextMs)[0]
      if (due === undefined || due.nextMs > endMs) break
      this.#nowMs = due.nextMs
      due.nextMs += due.everyMs
      due.act()
    }
    this.#nowMs = endMs
  }
}

export type WatchedAgentOptions = {
  readonly ops?: LlmOpsOptions
  readonly dashboard?: Partial<Omit<DashboardOptions, 'ops'>>
  readonly clock?: TurnedClock
  /** What the dashboard hears. @default what happens in the agent */
  readonly events?: OpsEvents
}

/** Events that a test makes up, many in little time. */
export function scriptedEvents() {
  const listeners = new Set<(event: OpsEvent) => void>()
  let tasks = 0
  const emit = (event: OpsEvent) => {
    for (const listener of listeners) listener(event)
  }
  return {
    subscribe(listener: (event: OpsEvent) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    emit,
    taskEnded(task: Partial<TaskEnded> = {}) {
      emit({ ...ENDED, taskId: `task-${++tasks}`, ...task })
    },
  }
}

const ENDED: TaskEnded = {
  type: 'task_ended',
  taskId: 'task',
  name: 'agent',
  tenant: 'contoso',
  scopes: {},
  startedAtMs: NOON - 1000,
  endedAtMs: NOON,
  outcome: 'success',
  errors: [],
  latencyMs: 1000,
  totals: {
    modelCalls: 0,
    toolCalls: 0,
    inputTokens: 0,
    outputTokens: 0,
    costUsd: 0,
    unknownUsd: 0,
    repairs: 0,
    fallbacks: 0,
    downshifts: 0,
    clamps: 0,
    retries: 0,
    lateCalls: 0,
  },
}

/** An agent whose provider answers as `next` says, with a dashboard on a real socket under a clock that is turned. */
export async function watchedAgent({
  ops: options = {},
  dashboard = {},
  clock = new TurnedClock(),
  events,
}: WatchedAgentOptions = {}) {
  let next: () => Response | Promise<Response> = answered
  const ops: LlmOps<LlmOps['budget'] | undefined> = createLlmOps({
    fetch: (async () => next()) as typeof fetch,
    logger: false,
    ...options,
  })
  const router = dashboardRouter({ ops: { ...ops, ...(events && { events }) }, timing: clock, ...dashboard })
  onTestFinished(() => router.close())
  const url = await serve((app) => app.use('/ops', router))

  const ask = async (tenant = 'contoso', model = 'gpt-4o-mini') => {
    const body = JSON.stringify({ model, max_tokens: 200, messages: [{ role: 'user', content: 'Is it open?' }] })
    return await ops.fetchAs({ tenant })('https://api.openai.com/v1/chat/completions', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: 'Bearer any' },
      body,
    })
  }
  /** A task that asks once, and fails where the model did. */
  const task = (tenant = 'contoso', id?: string) =>
    ops
      .task({ tenant, ...(id !== undefined && { id }) }, async (task) => {
        const response = await ask(tenant)
        await response.text()
        if (!response.ok) task.fail(`http_${response.status}`, 'provider')
      })
      .catch(() => {})
  const get = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`${url}/ops/${path}`, init)
    return { status: response.status, headers: response.headers, body: await json(response) }
  }
  return {
    ops,
    clock,
    router,
    url: `${url}/ops/`,
    task,
    ask,
    get,
    /** What the provider answers from now on. */
    answer: (response: typeof next) => {
      next = response
    },
  }
}

// Each test reads the part that it is about.
async function json(response: Response): Promise<ReturnType<typeof JSON.parse>> {
  const text = await response.text()
  return response.headers.get('content-type')?.includes('json') ? JSON.parse(text) : text
}

/** A folder that is gone when the test is. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'history-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}
