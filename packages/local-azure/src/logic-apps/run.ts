import type { Clock } from '../clock/clock.ts'
import { evaluateCondition } from './condition.ts'
import type { Action, ActionStatus, Actions, WorkflowDefinition } from './definition.ts'
import { evaluateValue, type Scope } from './evaluate.ts'
import { type HttpActionContext, runHttpAction } from './http-action.ts'
import { type ActionResult, type RunError, withoutSecrets } from './run-record.ts'
import { TerminatedError } from './terminated-error.ts'
import { waitMs } from './wait.ts'

export type RunOptions = Omit<HttpActionContext, 'signal'> & {
  readonly definition: WorkflowDefinition
  readonly parameters: Readonly<Record<string, unknown>>
  readonly triggerOutputs: unknown
  readonly signal: AbortSignal
  readonly onActionEnd: (name: string, result: ActionResult) => void
}

export type RunOutcome = {
  status: 'Succeeded' | 'Failed' | 'Cancelled'
  error?: RunError
  /** The output of the last Compose that was a text. A workflow that succeeds gives its reason this way. */
  reason?: string
}

/** Runs a workflow once, from its trigger's outputs to its end. */
export async function runWorkflow(options: RunOptions): Promise<RunOutcome> {
  const run = new Run(options)
  return await run.toItsEnd()
}

class Run {
  readonly #options: RunOptions
  readonly #clock: Clock
  readonly #results = new Map<string, ActionResult>()
  readonly #ending = new AbortController()
  readonly #signal: AbortSignal
  readonly #scope: Scope
  #reason: { reason?: string } = {}

  constructor(options: RunOptions) {
    this.#options = options
    this.#clock = options.clock
    this.#signal = AbortSignal.any([options.signal, this.#ending.signal])
    this.#scope = {
      now: () => options.clock.now(),
      parameters: options.parameters,
      trigger: { outputs: options.triggerOutputs },
      outputsOf: (action) => this.#results.get(action)?.outputs ?? null,
    }
  }

  async toItsEnd(): Promise<RunOutcome> {
    try {
      const status = await this.#all(this.#options.definition.actions)
      if (status === 'Succeeded') return { status, ...this.#reason }
      return { status: 'Failed', error: { code: 'ActionFailed', message: this.#failures() } }
    } catch (error) {
      if (error instanceof TerminatedError) return { ...error.outcome, ...this.#reason }
      if (this.#options.signal.aborted) return { status: 'Cancelled' }
      throw error
    }
  }

  /** Runs actions in parallel, each as soon as its `runAfter` actions have ended. Returns their combined status. */
  async #all(actions: Actions): Promise<ActionStatus> {
    const ends = new Map<string, Promise<void>>()
    const start = (name: string): Promise<void> => {
      const started = ends.get(name)
      if (started !== undefined) return started
      const action = actions[name]!
      const end = Promise.all(Object.keys(action.runAfter).map(start)).then(() => this.#end(name, action))
      ends.set(name, end)
      return end
    }
    await Promise.all(Object.keys(actions).map(start))
    return this.#statusOf(actions)
  }

  async #end(name: string, action: Action): Promise<void> {
    const mayRun = Object.entries(action.runAfter).every(([before, accepted]) =>
      accepted.includes(this.#results.get(before)!.status),
    )
    const result: ActionResult = mayRun ? await this.#try(name, action) : { status: 'Skipped' }
    this.#record(name, action, result)
  }

  async #try(name: string, action: Action): Promise<ActionResult> {
    try {
      this.#signal.throwIfAborted()
      return await this.#perform(action)
    } catch (error) {
      if (error instanceof TerminatedError) {
        this.#record(name, action, { status: 'Succeeded' })
        this.#ending.abort(error)
        throw error
      }
      if (this.#signal.aborted) throw this.#signal.reason
      // An expression that cannot be evaluated fails its action, as in the service.
      const failure = { code: 'InvalidTemplate', message: (error as Error).message }
      return { status: 'Failed', code: failure.code, error: failure }
    }
  }

  async #perform(action: Action): Promise<ActionResult> {
    switch (action.type) {
      case 'Http': {
        const inputs = evaluateValue(action.inputs, this.#scope) as Parameters<typeof runHttpAction>[0]
        const context = { ...this.#options, signal: this.#signal }
        return { inputs, ...(await runHttpAction(inputs, action.followsLocation, context)) }
      }
      case 'Compose': {
        const value = evaluateValue(action.inputs, this.#scope)
        if (typeof value === 'string') this.#reason = { reason: value }
        return { status: 'Succeeded', inputs: value, outputs: value }
      }
      case 'Wait': {
        const inputs = evaluateValue(action.inputs, this.#scope)
        await this.#clock.sleep(waitMs(inputs, this.#clock.now()), this.#signal)
        return { status: 'Succeeded', inputs }
      }
      case 'If': {
        const holds = evaluateCondition(action.expression, this.#scope)
        const [taken, left] = holds ? [action.actions, action.otherwise] : [action.otherwise, action.actions]
        this.#skip(left)
        return { status: await this.#all(taken), inputs: { expressionResult: holds } }
      }
      case 'Scope':
        return { status: await this.#all(action.actions) }
      case 'Until':
        return await this.#until(action)
      case 'Terminate':
        throw new TerminatedError(evaluateValue(action.inputs, this.#scope))
    }
  }

  /**
   * A loop has the status of its last iteration, even if it ended because of its limit.
   * Source: learn.microsoft.com/azure/logic-apps/logic-apps-control-flow-loops#until-loop
   */
  async #until(action: Action & { type: 'Until' }): Promise<ActionResult> {
    const endsAt = this.#clock.now() + action.limit.timeoutMs
    for (let iteration = 1; ; iteration++) {
      const status = await this.#all(action.actions)
      const isOver = iteration >= action.limit.count || this.#clock.now() >= endsAt
      if (isOver || evaluateCondition(action.expression, this.#scope)) {
        return { status, outputs: { iterationCount: iteration } }
      }
    }
  }

  /** Actions together fail if a last action (one that no other runs after) failed, or was skipped after a failure. */
  #statusOf(actions: Actions): ActionStatus {
    const followed = new Set(Object.values(actions).flatMap((action) => Object.keys(action.runAfter)))
    const leaves = Object.keys(actions).filter((name) => !followed.has(name))
    return leaves.every((name) => this.#endedWell(name, actions)) ? 'Succeeded' : 'Failed'
  }

  #endedWell(name: string, actions: Actions): boolean {
    const { status } = this.#results.get(name)!
    if (status !== 'Skipped') return status === 'Succeeded'
    return Object.keys(actions[name]!.runAfter).every((before) => this.#endedWell(before, actions))
  }

  #skip(actions: Actions): void {
    for (const [name, action] of Object.entries(actions)) this.#record(name, action, { status: 'Skipped' })
  }

  #record(name: string, action: Action, result: ActionResult): void {
    this.#results.set(name, result)
    this.#options.onActionEnd(name, withoutSecrets(result, action.secured))
  }

  #failures(): string {
    const failed = [...this.#results].filter(([, result]) => result.status === 'Failed' || result.status === 'TimedOut')
    const reasons = failed.map(([name, { code, error }]) => `${name}: ${error?.message ?? code ?? 'failed'}`)
    return `An action failed. ${reasons.join(' ')}`
  }
}
