import type { Request } from 'express'
import type { BudgetBreaker } from '../budget/index.ts'
import type { ChaosController } from '../chaos/index.ts'
import {
  anyText,
  type ChecksOf,
  func,
  having,
  implementing,
  listOf,
  mapOf,
  milliseconds,
  objectOf,
  required,
  text,
  whole,
} from '../check.ts'
import type { OpsEvents } from '../events/index.ts'
import type { KeptTask, Mark } from '../history/index.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Timing } from '../timing.ts'
import type { Link, Objectives } from './contract.ts'
import { OBJECTIVES } from './judge.ts'

/** The parts of what `createLlmOps` returned that are shown. */
export type DashboardOps = {
  /** What happens. */
  readonly events: OpsEvents
  /** Who has spent what of what limit. @default none: money is shown as it was counted here */
  readonly budget?: BudgetBreaker | undefined
  /** The fault that is injected. @default none */
  readonly chaos?: ChaosController | undefined
}

/** Where the history is kept, and for how long. */
export type DashboardHistoryOptions = {
  /**
   * The path of a SQLite file that keeps tasks, figures and marks after the process has ended. The processes of one
   * machine may share it. It must not be on a network file system.
   *
   * @default none: they are kept in memory
   */
  readonly path?: string | undefined
  /** How much of the file is used at most, in bytes: then the oldest tasks are deleted. From 1 MB. @default 256 MB */
  readonly maxBytes?: number | undefined
  /** How long a task is kept, in milliseconds. From a minute. @default 604_800_000 (7 days) */
  readonly maxAgeMs?: number | undefined
}

/** Links from the page to other tools. */
export type DashboardLinks = {
  /** In the head of the page. @default none */
  readonly head?: readonly Link[] | undefined
  /** Of a task, such as to its trace: `(task) => [{ label: 'Trace', href: 'https://…/' + task.traceId }]`. @default none */
  readonly task?: ((task: KeptTask) => readonly Link[]) | undefined
}

/** The options of `dashboardRouter`. */
export type DashboardOptions = {
  /** What `createLlmOps` returned. */
  readonly ops: DashboardOps
  /**
   * The token that `Authorization: Bearer` must carry to read the page and to change limits and faults.
   *
   * @default none: nothing can be changed, and only requests from this machine can read, unless `mayRead` decides otherwise
   */
  readonly token?: string | undefined
  /** Whether a request without the token may look: by a session of your own. It can change nothing. @default none may */
  readonly mayRead?: ((request: Request) => MaybePromise<boolean>) | undefined
  /** What the colours are judged by. @default 95 of 100 tasks, and of 100 tool calls, succeed */
  readonly objectives?: Objectives | undefined
  /** How long tasks are kept, and in which place. @default the last 1,000, and as many failed ones, in memory */
  readonly history?: DashboardHistoryOptions | undefined
  /** Where else to look. Only `http:`, `https:` and relative addresses are shown. @default none */
  readonly links?: DashboardLinks | undefined
  /**
   * Called once with a function that adds a mark to the figures. Faults, objectives that are not met, and a changed
   * `release` or `slot` in `facts` are marked without it.
   *
   * @default none
   */
  readonly marks?: ((put: (mark: Mark) => void) => void) | undefined
  /** The heading. @default 'Agent' */
  readonly name?: string | undefined
  /** What the process is, by name: `release`, `slot`, `instance`. @default none */
  readonly facts?: Readonly<Record<string, string>> | undefined
  /** How many browsers may follow at once. @default 100 */
  readonly maxViewers?: number | undefined
  /** The clock and the timer. @default those of the system */
  readonly timing?: Pick<Timing, 'epochMs' | 'repeat'> | undefined
}

const HISTORY: ChecksOf<DashboardHistoryOptions> = {
  path: { ...text, accepts: 'the path of a file' },
  maxBytes: whole(1_000_000, undefined, 'bytes'),
  maxAgeMs: milliseconds(60_000, Number.MAX_SAFE_INTEGER),
}

const LINK: ChecksOf<Link> = { label: required(text), href: required(text) }

export const DASHBOARD_OPTIONS: ChecksOf<DashboardOptions> = {
  ops: required(
    implementing('what createLlmOps returned', {
      events: required(having<OpsEvents>('the events of createLlmOps', 'subscribe')),
      budget: having<BudgetBreaker>('a BudgetBreaker', 'read', 'setLimit'),
      chaos: having<ChaosController>('a ChaosController', 'set', 'read', 'clear'),
    }),
  ),
  token: anyText,
  mayRead: func,
  objectives: objectOf(OBJECTIVES),
  history: objectOf(HISTORY),
  links: objectOf({ head: listOf(objectOf(LINK)), task: func }),
  marks: func,
  name: text,
  facts: mapOf(anyText),
  maxViewers: whole(1, undefined, 'viewers'),
  timing: having<Pick<Timing, 'epochMs' | 'repeat'>>('a clock and a timer', 'epochMs', 'repeat'),
}
