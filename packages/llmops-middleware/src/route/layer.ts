import { trace } from '@opentelemetry/api'
import { errorResponse, type OwnErrorFacts } from '../model/answer/index.ts'
import type { Completion, ModelCall, ModelLayer, ModelResult, Target } from '../model/index.ts'
import { recordOf } from '../task.ts'
import { addUsage, NO_USAGE, type Usage } from '../usage.ts'
import { type Nanos, ZERO } from '../usd.ts'
import { type Attempt, attemptAt } from './attempt.ts'
import { Backoff, wait } from './backoff.ts'
import { Breakers } from './breakers.ts'
import type { Verdict } from './classify.ts'
import { type RouteOptions, type RouteSettings, readRouteOptions } from './options.ts'
import { targetsFor } from './order.ts'

/**
 * Finds a target that answers: asks one again where that may help, moves on where it will not, and stops where nobody
 * could do better. All of it within the deadline and the one allowance of retries of the task. What it gives up with is
 * the last failure, which no SDK repeats.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 */
export function routeLayer(options: RouteOptions): ModelLayer {
  const settings = readRouteOptions(options)
  const breakers = new Breakers(settings)
  return async (call, next) => {
    const journey = new Journey(call, next, settings, breakers)
    return journey.travel(targetsFor(call, settings.targets))
  }
}

/** A provider that asks for more is as good as down; OpenAI's SDK draws the same line. */
const LONGEST_WAIT_MS = 60_000

/** One call on its way along the targets. */
class Journey {
  readonly #call: ModelCall
  readonly #next: Parameters<ModelLayer>[1]
  readonly #settings: RouteSettings
  readonly #breakers: Breakers
  readonly #backoff: Backoff
  readonly #failed: Attempt[] = []
  #retriesWithoutTask = 3

  constructor(call: ModelCall, next: Parameters<ModelLayer>[1], settings: RouteSettings, breakers: Breakers) {
    this.#call = call
    this.#next = next
    this.#settings = settings
    this.#breakers = breakers
    this.#backoff = new Backoff(settings.backoffMs, settings.random)
  }

  async travel(targets: readonly Target[]): Promise<ModelResult> {
    let largerThan = 0
    for (const [index, target] of targets.entries()) {
      if (largerThan > 0 && (target.contextTokens ?? 0) <= largerThan) continue
      const attempt = await this.#askUntilSure(target, index === targets.length - 1)
      if (attempt === undefined) continue
      if (attempt.verdict.kind === 'answered') return this.#arrive(attempt)
      this.#failed.push(attempt)
      if (attempt.verdict.kind === 'never') break
      if (attempt.verdict.kind === 'larger') largerThan = target.contextTokens ?? Number.POSITIVE_INFINITY
      if (index < targets.length - 1 && !this.#takeRetry()) break
    }
    return this.#giveUp()
  }

  /** Asks a target, and again while that may help; undefined when its breaker is open. */
  async #askUntilSure(target: Target, isLast: boolean): Promise<Attempt | undefined> {
    for (let retries = 0; ; retries++) {
      const attempt = await this.#ask(target)
      if (attempt?.verdict.kind !== 'retry') return attempt
      const { waitMs, isOverloaded } = attempt.verdict
      const isPatient = isLast || (waitMs ?? 0) <= this.#settings.maxRetryAfterMs
      // Another target has room now; an overloaded one would be asked into its overload.
      const movesOn = !isLast && isOverloaded === true && !isPatient
      if (movesOn || retries >= this.#settings.retriesPerTarget) return attempt
      const pauseMs = waitMs ?? this.#backoff.nextMs()
      if (pauseMs > LONGEST_WAIT_MS || pauseMs >= this.#remainingMs() || !this.#takeRetry()) return attempt
      this.#failed.push(attempt)
      await wait(pauseMs, this.#call.signal)
    }
  }

  async #ask(target: Target): Promise<Attempt | undefined> {
    const targetFor = (model: string) => this.#targetOf(model, target)
    const inputTokens = this.#call.input?.tokensOn(target.model) ?? this.#call.inputTokens
    const call: ModelCall = { ...this.#call, model: target.model, inputTokens, targetFor }
    const attempt = await this.#breakers.attempt(
      target.name,
      () => attemptAt(target, call, this.#next, this.#settings),
      ({ verdict, ending }) => (ending ? ending.then(hasFailed) : hasFailed(verdict)),
    )
    trace.getActiveSpan()?.addEvent('agent.route.attempt', {
      target: target.name,
      outcome: attempt?.verdict.kind ?? 'breaker_open',
    })
    return attempt
  }

  /** A downshift inside the route changes the model: then it goes where that model is. */
  #targetOf(model: string, asked: Target): Target {
    if (model === asked.model) return asked
    const serving = this.#settings.targets.filter((target) => target.model === model)
    return (
      serving.find(({ name }) => !this.#breakers.isOpen(name)) ?? serving[0] ?? { ...asked, model, deployment: model }
    )
  }

  #remainingMs(): number {
    return this.#call.task?.remainingMs() ?? Number.POSITIVE_INFINITY
  }

  #takeRetry(): boolean {
    return recordOf(this.#call.task)?.takeRetry() ?? this.#retriesWithoutTask-- > 0
  }

  #arrive({ result }: Attempt): ModelResult {
    const completion = this.#withFailed(result!.completion)
    return { ...result!, completion }
  }

  /** The last failure, marked so that the SDK does not multiply it. */
  #giveUp(): ModelResult {
    const last = this.#failed.at(-1)
    const response = last?.result?.response
    if (response) {
      const headers = new Headers(response.headers)
      headers.set('x-should-retry', 'false')
      const { status, statusText } = response
      const final = new Response(response.body, { status, statusText, headers })
      return { ...last.result!, response: final, completion: this.#withFailed(last.result!.completion, last) }
    }
    const message = last?.error instanceof Error ? last.error.message : 'Every target is known to fail; none was asked.'
    const code = (last?.error as { code?: unknown } | undefined)?.code
    const known = code === 'attempt_timeout' ? code : 'no_target_available'
    const error: OwnErrorFacts = { message, type: 'provider_error', code: known }
    const completion: Completion = {
      status: 'failed',
      usage: NO_USAGE,
      usageSource: 'reported',
      costNanos: ZERO,
      error: last?.error ?? error,
    }
    return {
      response: errorResponse(this.#call.format, error),
      model: last?.target.model ?? this.#call.model,
      completion: this.#withFailed(Promise.resolve(completion), last),
    }
  }

  /** What failed attempts used counts too: an attempt that broke in the middle was billed. */
  #withFailed(completion: Promise<Completion>, except?: Attempt): Promise<Completion> {
    const others = this.#failed.filter((attempt) => attempt !== except && attempt.result)
    if (others.length === 0) return completion
    return Promise.all([completion, ...others.map(({ result }) => result!.completion)]).then(([last, ...failed]) => ({
      ...last,
      usage: failed.reduce<Usage>((sum, { usage }) => addUsage(sum, usage), last.usage),
      costNanos: failed.reduce((sum, { costNanos }) => sum + costNanos, last.costNanos as number) as Nanos,
    }))
  }
}

/** What says something about the target: it does not answer. That it refuses, or has no room, does not. */
function hasFailed(verdict: Verdict): boolean {
  return verdict.kind === 'next' || (verdict.kind === 'retry' && verdict.isOverloaded !== true)
}
