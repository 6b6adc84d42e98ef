import { AsyncLocalStorage } from 'node:async_hooks'
import { randomUUID } from 'node:crypto'
import { budgetRefusalOf } from './budget-refusal.ts'
import {
  abortSignal,
  type ChecksOf,
  checkOptions,
  checkValue,
  func,
  required,
  share,
  text,
  usd,
  where,
  whole,
} from './check.ts'
import { ofThisCopy } from './copy.ts'
import { DeadlineExceededError } from './deadline-exceeded-error.ts'
import { InvalidOptionError } from './errors.ts'
import { checkEvaluation } from './evaluation.ts'
import { classOfError, classOfReason, type FailureClass } from './failure-class.ts'
import { keepOpenFor } from './keep-open.ts'
import { meantMilliseconds } from './meant-value.ts'
import { notify } from './notify.ts'
import { onAbort } from './on-abort.ts'
import { checkScopes, PAYER, type Scopes } from './payer.ts'
import { readSafely } from './read-safely.ts'
import { createTaskBudgets, type TaskBudgetState, type TaskBudgets } from './task-budget.ts'
import { TaskEndedError } from './task-ended-error.ts'
import { TaskLife } from './task-life.ts'
import { type Patience, TaskRecord, type TaskTotals } from './task-record.ts'
import { realTiming, type Timing } from './timing.ts'
import type { Usd } from './usd.ts'

export type { TaskBudgetState } from './task-budget.ts'
export type { TaskTotals } from './task-record.ts'

/** The options of a task. */
export type TaskOptions = {
  /** The tenant that pays. @default that of the outer task, else `defaultTenant` */
  readonly tenant?: string | undefined
  /**
   * The ids that must pay too, by the scopes of the budget: `{ user: 'ada', feature: 'search' }`.
   *
   * @default those of the outer task, to which its own are added
   */
  readonly scopes?: Scopes | undefined
  /**
   * How long the task may take, in milliseconds; then it is aborted. A nested task never outlives the outer one.
   *
   * @default no deadline
   */
  readonly deadlineMs?: number | undefined
  /** Aborts the task and everything in it. @default none */
  readonly signal?: AbortSignal | undefined
  /** The name in telemetry, `gen_ai.agent.name`. @default that of the outer task, else `agentName` of `createLlmOps` */
  readonly name?: string | undefined
  /**
   * The thread or session of the task, `gen_ai.conversation.id` of all its spans.
   *
   * @default that of the outer task
   */
  readonly conversationId?: string | undefined
  /** Its id in telemetry and logs. @default a random UUID */
  readonly id?: string | undefined
  /** How many retries all calls of the task may make together. @default 3 */
  readonly maxRetries?: number | undefined
  /**
   * What its model calls and tools, and those of nested tasks, may cost together, in US dollars. A call that no longer
   * fits is refused with the code `run_budget_exceeded`.
   *
   * @default no limit of its own
   */
  readonly budgetUsd?: Usd | undefined
  /**
   * The part of `budgetUsd`, in US dollars, that only `task.wrapUp` may spend, so that a loop that has spent the rest
   * can still end with an answer.
   *
   * @default 0
   */
  readonly reserveUsd?: Usd | undefined
  /** The share of `budgetUsd` at which `onBudgetNotice` is called. Above 0, at most 1. @default 0.8 */
  readonly budgetNoticeAt?: number | undefined
  /** Called once when that share is spent, so that an agent can wrap up. @default none */
  readonly onBudgetNotice?: ((budget: TaskBudgetState) => void) | undefined
  /** How many tool calls the task and the tasks nested in it may make. Further calls are refused. @default no limit */
  readonly maxCalls?: number | undefined
}

export const TASK_OPTIONS: ChecksOf<TaskOptions> = {
  ...PAYER,
  tenant: { ...PAYER.tenant, isRequired: false },
  deadlineMs: where(
    'a number of milliseconds above 0',
    (value) => typeof value === 'number' && value > 0 && meantMilliseconds(value) === undefined,
    meantMilliseconds,
  ),
  signal: abortSignal,
  name: text,
  conversationId: text,
  id: text,
  maxRetries: whole(0),
  budgetUsd: usd,
  reserveUsd: usd,
  budgetNoticeAt: share,
  onBudgetNotice: func,
  maxCalls: whole(0),
}

/** How a task ended: a success, or a failure with its reason. */
export type TaskOutcome = { readonly status: 'success' } | { readonly status: 'failure'; readonly reason: string }

/**
 * One unit of work of an agent: who pays, how long it may take, and how it ended. It is a success if its function
 * returns, unless `fail(reason)` was called or its last model call was refused or failed. It is a failure if its
 * function throws. It is classified when nothing in it is open any more: its result was read, and its calls have ended.
 */
export interface Task {
  /** The id, which is in logs, events and the response header `x-task-id`. */
  readonly id: string
  /** `gen_ai.agent.name` of its spans. */
  readonly name: string
  /** Who pays. */
  readonly tenant: string
  /** The ids that pay too, by scope. */
  readonly scopes: Scopes
  /** The conversation that it belongs to. */
  readonly conversationId: string | undefined
  /** The deadline in milliseconds since the epoch; Infinity without one. */
  readonly deadlineAtMs: number
  /** Aborted by the caller's signal, at the deadline (with a DeadlineExceededError) or with the outer task. */
  readonly signal: AbortSignal
  /** The current classification; undefined if there is none yet. */
  readonly outcome: TaskOutcome | undefined
  /** The totals so far. */
  readonly totals: TaskTotals
  /** What it may still spend by its own `budgetUsd`, else by that of the outer task; undefined without one. */
  readonly budget: TaskBudgetState | undefined

  /** Returns the milliseconds until the deadline: 0 if it has passed, Infinity without one. */
  remainingMs(): number

  /**
   * Classifies the task as failed, even if its function returns. The failure is the agent's unless you pass a
   * `failureClass`; for an error, pass `failureClassOf(error)`.
   *
   * @param reason one word of a bounded set, for metrics
   */
  fail(reason: string, failureClass?: FailureClass): void

  /** Classifies the task as a success, also after `fail`. */
  succeed(): void

  /**
   * Ends the task early by aborting its signal.
   *
   * @param reason the error with which calls in the task reject
   */
  abort(reason: unknown): void

  /**
   * Runs the calls that end the task with an answer. They may spend the task's `reserveUsd` too.
   *
   * @param run the function that makes these calls
   * @example
   * const answer = await ask(messages).catch((error) => {
   *   if (!isBudgetExceeded(error)) throw error
   *   return task.wrapUp(() => ask([...messages, { role: 'user', content: 'Answer now, with what you have.' }]))
   * })
   */
  wrapUp<T>(run: () => T): T

  /**
   * Records an evaluation of the task's answer, as the event `gen_ai.evaluation.result` of the OpenTelemetry
   * conventions, linked to the task's span. It may be called after the task has ended. Does nothing without a
   * registered logger provider.
   *
   * @param name what was judged: `relevance`
   * @param score the score
   * @param explanation why, in words
   * @param label one of few values: `pass`, `fail`, `relevant`
   * @throws InvalidOptionError if the name is empty, or the score is not a number.
   * @example task.evaluate('relevance', 0.8, 'pass', 'Answers the question, but cites nothing.')
   */
  evaluate(name: string, score: number, label?: string, explanation?: string): void
}

/**
 * Wraps every outermost task, and calls `run` once. `lifeOf(task)` knows when the task's outcome and totals are final.
 */
export type TaskObserver = <T>(task: Task, run: () => Promise<T>) => Promise<T>

const storage = new AsyncLocalStorage<Task>()

/** The task that the calling code runs in, if any. */
export function currentTask(): Task | undefined {
  return storage.getStore()
}

class RunningTask implements Task {
  readonly id: string
  readonly name: string
  readonly tenant: string
  readonly scopes: Scopes
  readonly conversationId: string | undefined
  readonly deadlineAtMs: number
  readonly #parent: Task | undefined
  readonly #record: TaskRecord
  readonly #life: TaskLife
  readonly #controller = new AbortController()
  readonly #now: () => number
  readonly #startedAtMs: number
  #outcome: TaskOutcome | undefined

  constructor(options: TaskOptions, tenant: string, parent: Task | undefined, timing: TaskSettings) {
    const { epochMs: now, after } = timing
    this.id = options.id ?? randomUUID()
    this.name = options.name ?? parent?.name ?? timing.name ?? 'agent'
    this.conversationId = options.conversationId ?? parent?.conversationId
    this.tenant = tenant
    this.scopes = Object.freeze({ ...parent?.scopes, ...options.scopes })
    this.#record = new TaskRecord(recordOf(parent), options, timing, ownBudgets(this.id, options, recordOf(parent)))
    this.#now = now
    this.#startedAtMs = now()
    const own = options.deadlineMs === undefined ? Number.POSITIVE_INFINITY : this.#startedAtMs + options.deadlineMs
    this.deadlineAtMs = Math.min(own, parent?.deadlineAtMs ?? Number.POSITIVE_INFINITY)
    this.#parent = parent
    this.#life = new TaskLife(lifeOf(parent), () => abortWith(this, [options.signal, parent?.signal], after))
    this.#life.whenClosed(() => this.#end())
    Object.freeze(this)
  }

  static parentOf(task: Task | undefined): Task | undefined {
    return task !== undefined && #parent in task ? task.#parent : undefined
  }

  static lifeOf(task: Task | undefined): TaskLife | undefined {
    return task !== undefined && #life in task ? task.#life : undefined
  }

  static recordOf(task: Task | undefined): TaskRecord | undefined {
    return task !== undefined && #record in task ? task.#record : undefined
  }

  /** Returns how long the task may take, which may be less than its own `deadlineMs`. */
  static givenMsOf(task: RunningTask): number {
    return task.deadlineAtMs - task.#startedAtMs
  }

  get signal(): AbortSignal {
    return this.#controller.signal
  }

  get outcome(): TaskOutcome | undefined {
    return this.#outcome
  }

  get totals(): TaskTotals {
    return this.#record.totals
  }

  get budget(): TaskBudgetState | undefined {
    return this.#record.budgetState
  }

  remainingMs(): number {
    return Math.max(0, this.deadlineAtMs - this.#now())
  }

  fail(reason: string, failureClass: FailureClass = 'agent'): void {
    this.#record.failureClass = failureClass
    this.#outcome = { status: 'failure', reason }
  }

  succeed(): void {
    this.#outcome = { status: 'success' }
  }

  abort(reason: unknown): void {
    if (this.signal.aborted) return
    this.#controller.abort(reason)
    // One turn later, so that listeners of the signal can classify the task first, and what they end is counted.
    setImmediate(() => this.#life.close())
  }

  #end(): void {
    if (this.#life.isRunning) this.#record.error = this.signal.reason
    if (this.#outcome) return
    const { modelFailure } = this.#record
    if (this.signal.aborted) this.fail(abortReasonOf(this.signal), failureClassOf(this.signal.reason, this))
    else if (modelFailure) this.fail(modelFailure.reason, modelFailure.class)
    else this.succeed()
  }

  wrapUp<T>(run: () => T): T {
    return this.#record.wrapUp(run)
  }

  evaluate(name: string, score: number, label?: string, explanation?: string): void {
    const evaluation = { name, score, label, explanation }
    checkEvaluation(evaluation)
    this.#record.outermost.onEvaluation?.(evaluation, this.conversationId)
  }
}

/** @throws InvalidOptionError if there is no budget for the reserve, or it is larger than the budget. */
function ownBudgets(id: string, options: TaskOptions, parent: TaskRecord | undefined): TaskBudgets | undefined {
  const { budgetUsd, reserveUsd = 0, budgetNoticeAt = 0.8, onBudgetNotice } = options
  if (budgetUsd === undefined) {
    if (reserveUsd > 0) throw new InvalidOptionError('reserveUsd', reserveUsd, 'left out if there is no `budgetUsd`')
    return undefined
  }
  if (reserveUsd > budgetUsd) {
    throw new InvalidOptionError('reserveUsd', reserveUsd, `at most the \`budgetUsd\`, ${budgetUsd}`)
  }
  const tell = (state: TaskBudgetState) => notify('onBudgetNotice', onBudgetNotice, state)
  const notice = onBudgetNotice && { at: budgetNoticeAt, tell }
  return createTaskBudgets({ scope: `task:${id}`, limitUsd: budgetUsd, reserveUsd, notice }, parent?.budget)
}

/** Returns the record and the life of a task; undefined without a task. Users of the task cannot access them. */
export const { recordOf, lifeOf } = RunningTask
const { parentOf, givenMsOf } = RunningTask

/** Returns the outermost task, which has the span. Nested tasks are part of it. */
export function outermostOf(task: Task | undefined): Task | undefined {
  const parent = parentOf(task)
  return parent === undefined ? task : outermostOf(parent)
}

export type TaskRunner = <T>(options: TaskOptions, run: (task: Task) => T | Promise<T>) => Promise<T>

type TaskTiming = Pick<Timing, 'epochMs' | 'after' | 'repeat'>

type TaskSettings = TaskTiming & Patience & Pick<TaskRunnerOptions, 'name'>

export type TaskRunnerOptions = {
  readonly defaultTenant?: string | undefined
  /** The name of tasks without one. @default 'agent' */
  readonly name?: string | undefined
  /** The scopes that the budget knows. Default: no budget knows any, and every name is taken. */
  readonly scopes?: readonly string[] | undefined
  readonly observe?: TaskObserver
  /** See `LlmOpsOptions`. Default: 30,000. */
  readonly latencyObjectiveMs?: number | undefined
  /** How long a body that a task returned waits until it is read. Default: 60,000 ms */
  readonly unreadMs?: number | undefined
  /** Whether a body is that of a model call, which is open until the body has ended. Default: none is known */
  readonly isAnswer?: (body: ReadableStream) => boolean
  /** What its deadline is measured with. Default: the real clock. */
  readonly timing?: TaskTiming
}

const ORDER = 'The options come first: `ops.task({ tenant }, run)`.'
const RUN = required({ ...func, accepts: 'the function that is the task' })

/** Longer than models take that think before they say something. */
const LATENCY_OBJECTIVE_MS = 30_000

/** Makes `ops.task`: runs a function inside a task and classifies it once, when nothing of it is open. */
export function createTaskRunner(runner: TaskRunnerOptions = {}): TaskRunner {
  const { defaultTenant, scopes, observe, unreadMs = 60_000, isAnswer = () => false } = runner
  const { latencyObjectiveMs = LATENCY_OBJECTIVE_MS } = runner
  const timing = { ...(runner.timing ?? realTiming), latencyObjectiveMs, name: runner.name }
  const reading = { ...timing, unreadMs, isAnswer }
  const runTask: TaskRunner = async (options, run) => {
    if (typeof options === 'function') throw new InvalidOptionError('options', options, 'an object of options', ORDER)
    checkOptions(options, TASK_OPTIONS)
    checkValue(run, RUN, 'run')
    if (options.scopes !== undefined) checkScopes(options.scopes, scopes)
    const parent = parentIn(storage.getStore())
    const tenant = options.tenant ?? parent?.tenant ?? defaultTenant
    if (tenant === undefined)
      throw new InvalidOptionError('tenant', tenant, 'the name of the tenant that pays for the task')
    const task = new RunningTask(options, tenant, parent, timing)
    const life = lifeOf(task)!
    const body = () => storage.run(task, () => runToTheEnd(task, life, run, reading))
    return parent || !observe ? body() : observe(task, body)
  }
  return ofThisCopy(runTask)
}

/**
 * The task that a new one is nested in. One that has ended has nothing to hand down: what works on in its context, such as
 * the worker of a queue that was made in a request, works for others.
 *
 * @throws TaskEndedError for the function of a task that was aborted and still runs.
 */
function parentIn(task: Task | undefined): Task | undefined {
  if (task === undefined || !isOver(task)) return refuseAborted(task)
  return parentIn(parentOf(task))
}

function isOver(task: Task): boolean {
  const life = lifeOf(task)!
  return life.isClosed && !life.isRunning
}

function refuseAborted(task: Task | undefined): Task | undefined {
  if (!task?.signal.aborted) return task
  recordOf(task)!.callLost()
  throw new TaskEndedError(task.id, task.signal.reason)
}

type Running = <T>(act: () => T) => T
type Reading = TaskTiming & { readonly unreadMs: number; readonly isAnswer: (body: ReadableStream) => boolean }

/** Settles with the function or with the task's signal, whichever comes first. */
function runToTheEnd<T>(
  task: RunningTask,
  life: TaskLife,
  run: (task: Task) => T | Promise<T>,
  reading: Reading,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const failed = (error: unknown) => {
      // A failure that the task reported itself is closer to the cause than the error.
      if (task.outcome?.status !== 'failure') failBy(error, task)
      recordOf(task)!.error = error
    }
    const succeeded = (result: T) => {
      if (task.remainingMs() === 0) task.abort(deadlineError(task))
      if (isPastDeadline(task)) return threw(task.signal.reason)
      // The task closes in this turn, and rejects.
      if (isWithoutItsCalls(task) && !life.isClosed) return life.whenClosed(() => succeeded(result))
      life.isRunning = false
      const run: Running = (act) => storage.run(task, act)
      if (!life.isClosed) keepOpenFor(result, task, life, { ...reading, run, failed })
      life.end()
      resolve(result)
    }
    const threw = (error: unknown) => {
      life.isRunning = false
      const why = isPastDeadline(task) || isWithoutItsCalls(task) ? task.signal.reason : error
      if (!life.isClosed) failed(why)
      life.end()
      reject(why)
    }
    life.begin()
    life.whenClosed(() => life.isRunning && reject(task.signal.reason))
    ;(async () => run(task))().then(succeeded, threw)
  })
}

function isPastDeadline({ signal }: Task): boolean {
  return signal.aborted && DeadlineExceededError.isInstance(signal.reason)
}

/** Whether the abort ended calls for code that knows nothing of it. What such code returns or throws says less than the reason. */
function isWithoutItsCalls(task: Task): boolean {
  return task.signal.aborted && recordOf(task)!.hasLostCalls
}

function deadlineError(task: RunningTask): DeadlineExceededError {
  return new DeadlineExceededError(task.id, task.deadlineAtMs, recordOf(task)!.openEffects, givenMsOf(task))
}

/** The longest delay of a timer. A later deadline (25 days) needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

function abortWith(
  task: RunningTask,
  signals: readonly (AbortSignal | undefined)[],
  after: Timing['after'],
): () => void {
  const letGo = signals.map((signal) => onAbort(signal, (reason) => task.abort(reason)))
  const remainingMs = task.remainingMs()
  if (remainingMs === 0) task.abort(deadlineError(task))
  else if (remainingMs <= MAX_TIMER_MS) {
    letGo.push(after(() => task.abort(deadlineError(task)), remainingMs))
  }
  return () => {
    for (const release of letGo) release()
  }
}

/**
 * Returns why a task or a call failed, in one word of a bounded set, for attributes: the reason of the abort, else the
 * code of a budget's refusal inside the error, else the code of the error. Never its message.
 */
export function reasonOf(error: unknown, { signal }: Pick<Task, 'signal'>): string {
  return signal.aborted ? abortReasonOf(signal) : (codeOf(error) ?? 'error')
}

function codeOf(error: unknown): string | undefined {
  const code = budgetRefusalOf(error)?.code ?? readSafely(error, 'code')
  return typeof code === 'string' && code.length <= 64 ? code : undefined
}

/**
 * An error without a code is put down to the failure of the last model call, because frameworks wrap errors. A bug is
 * not.
 */
function failBy(error: unknown, task: Task): void {
  try {
    classify(error, task)
  } catch {
    // A proxy or a getter of the error threw. The task must end nevertheless.
    task.fail('error')
  }
}

function classify(error: unknown, task: Task): void {
  const isToldByCode = task.signal.aborted || codeOf(error) !== undefined || isBug(error)
  const met = isToldByCode ? undefined : recordOf(task)?.modelFailure
  task.fail(met?.reason ?? reasonOf(error, task), failureClassOf(error, task, met?.class))
}

const BUGS: ReadonlySet<unknown> = new Set([TypeError, ReferenceError, RangeError, SyntaxError])

function isBug(error: unknown): boolean {
  return BUGS.has((error as Error | null | undefined)?.constructor) && (error as Error).cause === undefined
}

/**
 * Returns who is responsible for the failure of a task with this error: its `caller`, the `provider` of its models, or
 * the `agent`. It depends on the code of the error, on the result of the task's last model call, and, if the caller
 * aborted, on how long the caller had waited.
 *
 * @param error what the task threw
 * @param task the task that failed; by default the current one
 * @param otherwise the class if it cannot be determined; by default `agent`
 * @example task.fail('no_order', failureClassOf(error))
 */
export function failureClassOf(
  error: unknown,
  task: Task | undefined = currentTask(),
  otherwise: FailureClass = 'agent',
): FailureClass {
  const record = recordOf(task)
  if (task?.signal.aborted) return classOfReason(abortReasonOf(task.signal), record) ?? 'agent'
  return classOfError(error, record) ?? otherwise
}

/**
 * Codes of this library and of applications. Codes of sockets are in upper case, and only say how a caller
 * disconnected.
 */
const CODE = /^[a-z0-9_]{1,64}$/

/**
 * Returns why a signal was aborted, in one word of a bounded set: the code of its reason, `timeout` for a timer, else
 * `aborted`, for an abort by the caller.
 */
export function abortReasonOf({ reason }: AbortSignal): string {
  const { code, name } = (reason ?? {}) as { code?: unknown; name?: unknown }
  if (typeof code === 'string' && CODE.test(code)) return code
  return name === 'TimeoutError' ? 'timeout' : 'aborted'
}
