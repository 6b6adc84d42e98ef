import type { ModelCall, ModelLayer, ModelResult, Target } from '../model/index.ts'
import { failed, NOT_REPEATED, sumOf, withHeaders } from '../model/index.ts'
import { isPromise } from '../pipeline.ts'
import { readSafely } from '../read-safely.ts'
import { spanEvent } from '../span-event.ts'
import { recordOf } from '../task.ts'
import { realTiming, type Timing } from '../timing.ts'
import { type Attempt, attemptAt } from './attempt.ts'
import { AttemptTimeoutError } from './attempt-timeout-error.ts'
import { Backoff, wait } from './backoff.ts'
import { Breakers } from './breakers.ts'
import type { Verdict } from './classify.ts'
import { type RouteOptions, type RouteSettings, readRouteOptions } from './options.ts'
import { targetsFor } from './order.ts'

/**
 * Finds a target that answers: retries a target if that may help, else tries the next one, and stops if no other target can
 * help. All of this is within the deadline and the retry allowance of the task. If every target fails, the caller gets the
 * last failure, marked so that the SDK does not retry it.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 */
export function routeLayer(options: RouteOptions, timing: Timing = realTiming): ModelLayer {
  const settings = readRouteOptions(options)
  const breakers = new Breakers(settings, timing.epochMs)
  return (call, next) => new Failover(call, next, { settings, breakers, timing }).run()
}

/** A provider that asks for a longer wait counts as down. OpenAI's SDK has the same limit. */
const LONGEST_WAIT_MS = 60_000

type RouteParts = {
  readonly settings: RouteSettings
  readonly breakers: Breakers
  readonly timing: Timing
}

/** Runs one call over its targets. */
class Failover {
  readonly #call: ModelCall
  readonly #next: Parameters<ModelLayer>[1]
  readonly #settings: RouteSettings
  readonly #breakers: Breakers
  readonly #timing: Timing
  readonly #backoff: Backoff
  readonly #failed: Attempt[] = []
  #retriesWithoutTask = 3

  constructor(call: ModelCall, next: Parameters<ModelLayer>[1], { settings, breakers, timing }: RouteParts) {
    this.#call = call
    this.#next = next
    this.#settings = settings
    this.#breakers = breakers
    this.#timing = timing
    this.#backoff = new Backoff(settings.backoffMs, settings.random)
  }

  async run(): Promise<ModelResult> {
    const targets = targetsFor(this.#call, this.#settings.targets)
    let largerThan = 0
    for (const [index, target] of targets.entries()) {
      if (largerThan > 0 && (target.contextTokens ?? 0) <= largerThan) continue
      const attempt = await this.#askUntilSure(target, index === targets.length - 1)
      if (attempt === undefined) continue
      if (attempt.verdict.kind === 'answered') return this.#withFailed(attempt.result!)
      this.#failed.push(attempt)
      if (attempt.verdict.kind === 'never') break
      if (attempt.verdict.kind === 'larger') largerThan = target.contextTokens ?? Number.POSITIVE_INFINITY
      if (index === targets.length - 1) break
      if (!this.#takeRetry()) break
      spanEvent('agent.model.fallback', { target: target.name })
    }
    return this.#giveUp()
  }

  /** Calls a target, and retries it while that may help. Returns undefined if its breaker is open. */
  async #askUntilSure(target: Target, isLast: boolean): Promise<Attempt | undefined> {
    for (let retries = 0; ; retries++) {
      const attempt = await this.#ask(target)
      if (attempt?.verdict.kind !== 'retry') return attempt
      const { waitMs } = attempt.verdict
      // Another target may answer now, while this one asks for a long wait.
      const movesOn = !isLast && (waitMs ?? 0) > this.#settings.maxRetryAfterMs
      if (movesOn || retries >= this.#settings.retriesPerTarget) return attempt
      const pauseMs = waitMs ?? this.#backoff.nextMs()
      if (pauseMs > LONGEST_WAIT_MS || pauseMs >= this.#remainingMs() || !this.#takeRetry()) return attempt
      this.#failed.push(attempt)
      this.#call.notes?.paused(pauseMs)
      spanEvent('agent.model.retry', { target: target.name, 'agent.retry.delay': pauseMs / 1000 })
      await wait(pauseMs, this.#call.signal, this.#timing)
    }
  }

  async #ask(target: Target): Promise<Attempt | undefined> {
    const entering = this.#breakers.enter(target.name)
    const permit = isPromise(entering) ? await entering : entering
    const askedAtMs = this.#timing.monotonicMs()
    if (permit === undefined) return this.#note(target, askedAtMs)
    const attempt = await attemptAt(target, this.#callAt(target), this.#next, this.#settings, this.#timing).catch(
      (reason) => {
        permit.end('left')
        throw reason
      },
    )
    const { verdict, ending } = attempt
    // Other calls wait for a probe, so it ends when its stream has begun.
    if (ending && !permit.isProbe) void ending.then((verdict) => permit.end(outcomeOf(verdict)))
    else permit.end(outcomeOf(verdict))
    this.#note(target, askedAtMs, attempt)
    return attempt
  }

  #note({ name, model }: Target, askedAtMs: number, attempt?: Attempt): undefined {
    const outcome = attempt?.verdict.kind ?? 'breaker_open'
    spanEvent('agent.route.attempt', { target: name, outcome })
    this.#call.notes?.attempted({
      target: name,
      model: attempt?.result?.model ?? model,
      outcome,
      status: attempt?.result?.status,
      error: attempt?.error,
      durationMs: this.#timing.monotonicMs() - askedAtMs,
    })
  }

  #callAt(target: Target): ModelCall {
    const { model } = target
    const inputTokens = this.#call.input?.tokensOn(model) ?? this.#call.inputTokens
    return { ...this.#call, model, inputTokens, targetFor: (model) => this.#targetOf(model, target) }
  }

  /** Returns the target for a model. A downshift inside the route changes the model, and so the target. */
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

  /** Returns the last failure, marked so that the SDK does not retry it. */
  #giveUp(): ModelResult {
    const last = this.#failed.at(-1)
    return withHeaders(this.#withFailed(last?.result ?? this.#unanswered(last)), NOT_REPEATED)
  }

  #unanswered(last: Attempt | undefined): ModelResult {
    const cause = last?.error
    const isTimeout = AttemptTimeoutError.isInstance(cause)
    const message = isTimeout ? cause.message : this.#explainFailed()
    const code = isTimeout ? cause.code : 'no_target_available'
    const asked = { ...this.#call, model: last?.target.model ?? this.#call.model }
    return failed(asked, { message, type: 'provider_error', code }, { cause })
  }

  /** Names each target once, with the reason of its last failure. */
  #explainFailed(): string {
    if (this.#failed.length === 0) return 'Every target is known to fail, so none was asked; each is tried again soon.'
    const last = new Map(
      this.#failed.map(({ target, result, error }) => [target.name, result?.status ?? inShort(error)]),
    )
    return `No target of the route answered: ${[...last].map(([name, why]) => `'${name}' (${why})`).join(', ')}.`
  }

  /** Adds the usage of failed attempts: an attempt that broke in the middle was billed. */
  #withFailed(result: ModelResult): ModelResult {
    const others = this.#failed.flatMap((attempt) => (attempt.result ? [attempt.result.completion] : []))
    const failed = others.filter((completion) => completion !== result.completion)
    if (failed.length === 0) return result
    return { ...result, completion: Promise.all([result.completion, ...failed]).then(sumOf) }
  }
}

/** An attempt counts as failed for the breaker if the target did not answer. Refusals and rate limits do not count. */
function outcomeOf(verdict: Verdict): 'answered' | 'failed' {
  const hasFailed = verdict.kind === 'next' || (verdict.kind === 'retry' && verdict.isOverloaded !== true)
  return hasFailed ? 'failed' : 'answered'
}

/** Returns what failed, with its code of the system: `fetch failed, ECONNREFUSED`. Other causes may contain anything. */
function inShort(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  const code = readSafely(readSafely(error, 'cause'), 'code') ?? readSafely(error, 'code')
  return typeof code === 'string' ? `${message}, ${code}` : message
}
