import { randomUUID } from 'node:crypto'
import { type ChecksOf, func, milliseconds, required } from '../check.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import { InvalidOptionError } from '../errors.ts'
import type { Scopes } from '../payer.ts'
import type { MaybePromise } from '../pipeline.ts'
import { TASK_OPTIONS, type TaskOptions, type TaskRunner } from '../task.ts'
import { realTiming } from '../timing.ts'
import { OPS } from './ops.ts'
import { UnknownTenantError } from './unknown-tenant-error.ts'

/** The task of a request, by what a framework hands to its handlers. */
export type RequestTaskOptions<Asked extends readonly unknown[]> = {
  /** What `createLlmOps` returned. */
  readonly ops: { readonly task: TaskRunner }
  /**
   * Who pays. Nothing in the request is trusted, unless this function trusts it. Undefined means the default tenant, or
   * status 401 without one.
   */
  readonly tenant: (...request: Asked) => MaybePromise<string | undefined>
  /** Returns the other ids that pay, by scope of the budget: `{ user: 'ada' }`. @default none */
  readonly scopes?: ((...request: Asked) => MaybePromise<Scopes | undefined>) | undefined
  /**
   * Returns the id of the task, such as that of the request from your gateway. One that is empty, longer than 128 or of
   * other characters than those of a URL is replaced by a random one.
   *
   * @default a random UUID
   */
  readonly id?: ((...request: Asked) => string | null | undefined) | undefined
  /**
   * Milliseconds after which a task is aborted and answered with 504. They begin before `tenant` and `scopes` are asked.
   *
   * @default no deadline
   */
  readonly deadlineMs?: number | undefined
  /**
   * Milliseconds after which a response is ended that its handler leaves open: after the deadline, or when the budget has
   * refused a call and nothing came after that. With no byte sent it is answered with the problem, else it is cut, so that
   * it is not mistaken for complete.
   *
   * @default 10_000
   */
  readonly graceMs?: number | undefined
  /** `gen_ai.agent.name` of its tasks. @default `agentName` of `createLlmOps` */
  readonly name?: string | undefined
  /** Returns the conversation that a request belongs to, `gen_ai.conversation.id` of its spans. @default none */
  readonly conversationId?: ((...request: Asked) => string | null | undefined) | undefined
}

export const REQUEST_TASK_OPTIONS: ChecksOf<RequestTaskOptions<never>> = {
  ops: required(OPS),
  tenant: required({ ...func, accepts: 'a function of the request that returns the name of the tenant that pays' }),
  scopes: func,
  id: func,
  deadlineMs: TASK_OPTIONS.deadlineMs,
  graceMs: milliseconds(),
  name: TASK_OPTIONS.name,
  conversationId: func,
}

/** The response header with the id of the task. */
export const TASK_ID_HEADER = 'x-task-id'

/** Characters that need no escaping in a header or a URL. */
const TASK_ID = /^[\w.~:@/+=-]{1,128}$/

/**
 * Returns the options of `ops.task` for a request.
 *
 * @throws DeadlineExceededError if the deadline passes before it is known who pays.
 */
export async function requestTask<Asked extends readonly unknown[]>(
  options: RequestTaskOptions<Asked>,
  ...request: Asked
): Promise<TaskOptions> {
  const { deadlineMs, name } = options
  const startedAtMs = realTiming.monotonicMs()
  const { tenant, scopes } = await untilDeadline(payerOf(options, request), deadlineMs)
  const id = options.id?.(...request)
  const conversationId = options.conversationId?.(...request)
  return {
    ...(tenant !== undefined && { tenant }),
    ...(scopes !== undefined && { scopes }),
    ...(id && TASK_ID.test(id) && { id }),
    ...(conversationId && { conversationId }),
    ...(deadlineMs !== undefined && { deadlineMs: leftOf(deadlineMs, startedAtMs) }),
    ...(name !== undefined && { name }),
  }
}

async function payerOf<Asked extends readonly unknown[]>(options: RequestTaskOptions<Asked>, request: Asked) {
  const tenant = await options.tenant(...request)
  const scopes = await options.scopes?.(...request)
  return { tenant, scopes }
}

/** The longest delay of a timer. A later deadline (25 days) needs no timer. */
const MAX_TIMER_MS = 2 ** 31 - 1

function untilDeadline<T>(known: Promise<T>, deadlineMs = Number.POSITIVE_INFINITY): Promise<T> {
  if (deadlineMs > MAX_TIMER_MS) return known
  return new Promise((resolve, reject) => {
    const deadlineAtMs = realTiming.epochMs() + deadlineMs
    const expire = () => reject(new DeadlineExceededError(randomUUID(), deadlineAtMs, [], deadlineMs))
    known.finally(realTiming.after(expire, deadlineMs)).then(resolve, reject)
  })
}

/** At least the last millisecond, so that the task of a request whose payer is known begins, and is counted. */
function leftOf(deadlineMs: number, startedAtMs: number): number {
  const passedMs = Math.floor(realTiming.monotonicMs() - startedAtMs)
  return Math.max(deadlineMs - passedMs, Math.min(deadlineMs, 1))
}

/** Returns the error with which to refuse a request whose task could not start. */
export function whyNotBegun(error: unknown): unknown {
  const isAboutTenant = InvalidOptionError.isInstance(error) && error.option === 'tenant'
  return isAboutTenant ? new UnknownTenantError(error) : error
}
