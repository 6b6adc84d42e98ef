/**
 * What `dashboardRouter` answers, as JSON. Every path is relative to where the router is mounted, and the page's
 * requests must be too: an application may mount it at `/`, `/ops/` or anywhere else.
 *
 * | request                                         | answers                                                     |
 * | ----------------------------------------------- | ----------------------------------------------------------- |
 * | `GET ./`                                        | `page/index.html`                                           |
 * | `GET ./page/NAME`                               | a file of `page/`, with an ETag (`page-files.ts` reads them) |
 * | `GET ./api/overview?window=5m\|1h\|24h`         | `Overview`                                                  |
 * | `GET ./api/tenants?window=&search=&limit=`      | `TenantList`, by share of the limit, the largest first      |
 * | `GET ./api/account?tenant=&scope=&id=`          | `Account`: any account of the budget, known here or not     |
 * | `GET ./api/tasks?failed=1&tenant=&before=&limit=` | `TaskList`, the latest first                              |
 * | `GET ./api/tasks/ID`                            | `TaskDetail`, or 404                                        |
 * | `GET ./api/live?window=5m\|1h\|24h`             | server-sent events, `LiveEvents` below                      |
 * | `PUT ./admin/budget?tenant=TENANT`              | changes the tenant's limit: body `LimitChange`                 |
 * | `PUT ./admin/budget?tenant=&scope=&id=`         | changes the limit of one of its scopes                      |
 *
 * The router decides who may read. If it answers 401, ask for a token and send it as
 * `Authorization: Bearer` with every request (so read `api/live` with `fetch`; an `EventSource` sends no headers). 403
 * means that reading is allowed to this machine only, and no token would help. Writing always takes the token; without
 * one configured `admin/` answers 404, and `Service.canSetLimits` is false.
 *
 * Errors are problem documents (`application/problem+json`: `status`, `code`, `title`, `detail`).
 *
 * Times are milliseconds since 1970, durations milliseconds, money US dollars. An unknown value is `null`, never 0.
 */

import type { FailureClass } from '../failure-class.ts'
import type { Decisions, KeptTask, Mark, TaskRow, WindowName } from '../history/index.ts'

export type { FailureClass } from '../failure-class.ts'
export type {
  CallDetail,
  Decisions,
  Mark,
  ModelCallDetail,
  TaskRow,
  ToolCallDetail,
  WindowName,
} from '../history/index.ts'

/** `unknown`: too few to judge, or nothing happened. Colour never carries it alone: show the word. */
export type Level = 'good' | 'warn' | 'bad' | 'unknown'

/** What a level is judged by. Left out: never judged, always `unknown`. */
export type Objectives = {
  /**
   * The share of tasks that must succeed, not counting failures caused by the caller. Below it: `bad`; `warn` when
   * more than half of the failures that it allows have happened.
   *
   * @default 0.95
   */
  readonly taskSuccess?: number | undefined
  /** The same for tool calls, answered by a fallback or not. @default 0.95 */
  readonly toolSuccess?: number | undefined
  /** What a task may cost in the mean, in US dollars. Above it: `bad`; above four fifths of it: `warn`. @default not judged */
  readonly costPerTaskUsd?: number | undefined
  /** What 95 of 100 tasks may take, in milliseconds, in the same way. @default not judged */
  readonly latencyP95Ms?: number | undefined
}

/**
 * A tile's colour: the worse of the last 30 seconds and the last five minutes, whatever window is shown. An outage is red
 * within seconds, and stays visible for five minutes.
 */
export type Judged = {
  readonly level: Level
  /** The last 30 s: `unknown` below ten tasks (tool calls for `tools`). */
  readonly last30s: { readonly level: Level; readonly value: number | null; readonly count: number }
  readonly last5m: { readonly level: Level; readonly value: number | null; readonly count: number }
  /** What it is judged against; null where it is not judged. */
  readonly objective: number | null
}

/** How old the figures are and since when they are whole. */
export type Freshness = {
  /** The server's clock when this was put together. Compare with the arrival of the next one, not with the browser's clock. */
  readonly nowMs: number
  /** When the figures begin: at the start of the process, or earlier if a file has kept them. A window that begins before
   * this is not whole: say "since ...". */
  readonly sinceMs: number
  /** When the last task, model call or tool call ended; null: none yet. */
  readonly latestMs: number | null
  /** Where tasks are kept: only in this process, or in a file that outlives it. */
  readonly keptIn: 'memory' | 'file'
  /** Why the file is not written, in a sentence; null where it is, or there is none. */
  readonly problem: string | null
}

export type Service = {
  /** The heading of the page: the agent's name, `Agent` where it has none. */
  readonly name: string
  /** `instance`, `slot`, `release` ...: facts that the application states about itself. Show all of them. */
  readonly facts: Readonly<Record<string, string>>
  /** For the head of the page. */
  readonly links: readonly Link[]
  readonly canSetLimits: boolean
  /** The names of the budget's scopes other than the tenant; empty without a budget. */
  readonly scopes: readonly string[]
  readonly hasBudget: boolean
  /** The fault that is injected now; null when chaos is off. */
  readonly fault: { readonly mode: string; readonly probability: number; readonly endsAtMs: number | null } | null
}

export type Link = {
  /** What it is called. */
  readonly label: string
  /** Its address. */
  readonly href: string
}

export type Overview = {
  readonly window: WindowName
  readonly freshness: Freshness
  readonly service: Service
  /** The worst level of the tiles. */
  readonly level: Level
  readonly tasks: TasksTile
  readonly latency: LatencyTile
  readonly cost: CostTile
  readonly tokens: TokensTile
  readonly tools: ToolsTile
  readonly models: ModelsTile
  readonly decisions: Decisions
  readonly repairs: { readonly free: number; readonly asked: number }
  readonly series: Series
  /** Of the window, the latest first, at most 100. */
  readonly marks: readonly Mark[]
}

export type TasksTile = {
  readonly judged: Judged
  readonly ended: number
  readonly succeeded: number
  /** By who is answerable. Only `agent` and `provider` count against the objective. */
  readonly failed: { readonly agent: number; readonly provider: number; readonly caller: number }
  /** The most frequent first, at most 10; what is beyond them is in `otherReasons`. */
  readonly reasons: readonly { readonly reason: string; readonly class: FailureClass; readonly count: number }[]
  readonly otherReasons: number
  /** Tasks of this process that have begun and not ended, now, and for how long the oldest has run. */
  readonly running: { readonly count: number; readonly oldestMs: number | null }
}

/** Of tasks. Percentiles are within 5 % of the true value. */
export type LatencyTile = Percentiles & { readonly judged: Judged }

export type Percentiles = {
  readonly meanMs: number | null
  readonly p50Ms: number | null
  readonly p95Ms: number | null
  readonly p99Ms: number | null
}

export type CostTile = {
  readonly judged: Judged
  readonly usd: number
  readonly perTaskUsd: number | null
  /** The part that was charged without being known. */
  readonly unknownUsd: number
}

export type TokensTile = {
  readonly input: number
  readonly output: number
  /** The part of `input` that was read from a cache. */
  readonly cachedInput: number
}

export type ToolsTile = {
  readonly judged: Judged
  readonly calls: number
  readonly ok: number
  readonly fallback: number
  readonly error: number
  /** The one with the most errors first, then by calls; at most 30. */
  readonly tools: readonly ToolFigures[]
  /** The tools that are not listed, together. */
  readonly others: number
}

export type ToolFigures = {
  readonly tool: string
  readonly calls: number
  readonly ok: number
  readonly fallback: number
  readonly error: number
  readonly meanMs: number | null
  /** The most frequent first, at most 5. */
  readonly errors: readonly { readonly type: string; readonly count: number }[]
}

export type ModelsTile = {
  /** The dearest first, at most 20. */
  readonly models: readonly ModelFigures[]
  readonly others: number
}

export type ModelFigures = {
  readonly model: string
  /** Attempts; refusals of the budget are none. */
  readonly calls: number
  readonly failed: number
  readonly inputTokens: number
  readonly outputTokens: number
  readonly costUsd: number
  readonly meanMs: number | null
  readonly errors: readonly { readonly type: string; readonly count: number }[]
}

/**
 * Columns of equal length, as a chart library takes them. Point `i` begins at `startMs + i * stepMs`; the last one is not
 * over yet. Points from before `Freshness.sinceMs` are null in every column.
 */
export type Series = {
  readonly startMs: number
  readonly stepMs: number
  readonly succeeded: Column
  readonly failedAgent: Column
  readonly failedProvider: Column
  readonly failedCaller: Column
  readonly p50Ms: Column
  readonly p95Ms: Column
  readonly p99Ms: Column
  readonly costUsd: Column
  readonly inputTokens: Column
  readonly outputTokens: Column
  readonly toolOk: Column
  readonly toolFallback: Column
  readonly toolError: Column
  readonly allow: Column
  readonly clamp: Column
  readonly downshift: Column
  readonly block: Column
}

export type Column = readonly (number | null)[]

export type TenantList = {
  readonly freshness: Freshness
  readonly window: WindowName
  /** By `share`, the largest first; without a limit by what was spent. At most `limit` (20; up to 200). */
  readonly tenants: readonly TenantFigures[]
  /** Those that match `search` and are not listed; without a search, also the money of tenants that are not known any more. */
  readonly others: { readonly tenants: number; readonly costUsd: number }
  /** How many tenants are known here: of more than 2,500 the smallest are forgotten. */
  readonly known: number
}

export type TenantFigures = Account & {
  /** In the window, whose ends are a tenth of it wide here, by what this process saw. */
  readonly tasks: number
  readonly failed: number
  readonly costUsd: number
}

/**
 * What one payer has spent, and its limit. Without a budget everything but `spentUsd` is null,
 * and `spentUsd` is that of the last 24 hours.
 */
export type Account = {
  readonly tenant: string
  /** Absent: the tenant's own. */
  readonly scope?: { readonly name: string; readonly id: string } | undefined
  readonly spentUsd: number
  /** Held for calls that run. */
  readonly heldUsd: number | null
  readonly unknownUsd: number | null
  readonly limitUsd: number | null
  /** `spentUsd / limitUsd`: may be above 1; null without a limit, and 1 where the limit is 0. */
  readonly share: number | null
  /** `warn` from 0.8 of the limit or with a forecast above it, `bad` when it is spent. */
  readonly level: Level
  readonly resetsAtMs: number | null
  /** What will have been spent when the period ends, at the pace of the period so far. */
  readonly forecastUsd: number | null
  /** When the limit will be spent at the pace of the last hour; null: not in this period. */
  readonly runsOutAtMs: number | null
}

export type LimitChange = {
  /** null goes back to the configured limit. */
  readonly limitUsd: number | null
  /** For the current period, or from now on. @default 'period' */
  readonly lasts?: 'period' | 'always' | undefined
}

export type TaskList = {
  readonly freshness: Freshness
  /** The latest first. */
  readonly tasks: readonly TaskRow[]
  /** For `before=`; null: there are no more. */
  readonly next: string | null
}

/** One task with everything that is known of it. The types of its parts are in `../history/kept-task.ts`. */
export type TaskDetail = KeptTask & {
  /** To its trace, and wherever else the application points. */
  readonly links: readonly Link[]
}

/**
 * The server-sent events of `api/live`: `event:` is the key, `data:` the JSON. A viewer that does not read is cut off;
 * reconnect after a moment (the first event is always a whole `overview`). No event for 7.5 s: the data is old;
 * no event for 15 s: the agent is gone.
 */
export type LiveEvents = {
  /** At once, then every second while something happens, else every five. Whole each time: nothing to put together. */
  readonly overview: Overview
  /** A task ended. At most ten a second, failed ones first: a list that must be whole asks `api/tasks`. */
  readonly task: TaskRow
  readonly mark: Mark
}
