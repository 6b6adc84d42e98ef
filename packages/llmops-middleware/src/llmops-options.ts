import { BUDGET_OPTIONS, BudgetBreaker, type BudgetOptions } from './budget/index.ts'
import type { ChaosController } from './chaos/index.ts'
import { type Check, type ChecksOf, door, either, func, having, listOf, milliseconds, where } from './check.ts'
import { LOGGER, type Logger } from './log/index.ts'
import { FETCH_OPTIONS, type FetchOptions, type ModelLayer } from './model/index.ts'
import { PAYER } from './payer.ts'
import { RATE_CARD, RATE_CARD_OPTIONS, type RateCard, type RateCardOptions } from './pricing/index.ts'
import { ROUTE_OPTIONS, type RouteOptions } from './route/index.ts'
import { SLI, type Sli, SPAN_OPTIONS, type SpanOptions } from './sli/index.ts'
import type { ToolLayer } from './tool/index.ts'

/** The options of `createLlmOps`. */
export type LlmOpsOptions = FetchOptions &
  SpanOptions & {
    /** What tenants may spend. @default no limit: calls are counted, and none is refused */
    readonly budget?: Omit<BudgetOptions, 'rateCard'>
    /** A budget that you made yourself, in place of the options of one. It brings its rate card. @default none */
    readonly breaker?: BudgetBreaker
    /** What models cost: a rate card, or the options of one. @default that of the `breaker`, else the public prices */
    readonly rateCard?: RateCard | RateCardOptions
    /** Where models are asked, in order of preference. @default each request goes where its SDK sends it */
    readonly route?: RouteOptions
    /** Who pays for a call outside a task. @default nobody: such a call is refused */
    readonly defaultTenant?: string
    /**
     * Your own layers, for policy and audit, outermost first: inside the observer, outside everything that spends.
     *
     * @default none
     */
    readonly layers?: LayersOptions
    /**
     * How long a task may keep its caller waiting without a first token or a first byte of its response, in milliseconds.
     * A caller who leaves earlier has failed the task itself (class `caller`); one who leaves after that was failed by the
     * agent.
     *
     * @default 30_000
     */
    readonly latencyObjectiveMs?: number
    /** Records metrics. @default the OpenTelemetry meter `agent` */
    readonly sli?: Sli
    /**
     * Gets one line for each failed task, each model call that was refused, rerouted, downshifted, clamped or cut, and each
     * tool call that failed or fell back: an object of fields, then a sentence, as pino takes them. At most ten lines with
     * one `code` in a minute; no prompts, answers, arguments or keys. `false` writes none.
     *
     * @default console: lines of JSON on stderr
     */
    readonly logger?: Logger | false
    /** Injects faults. @default a controller of its own, which is off */
    readonly chaos?: ChaosController
  }

/** Layers of your own around model calls and tool calls. */
export type LayersOptions = {
  /** Around each model call. @default none */
  readonly model?: readonly ModelLayer[]
  /** Around each tool call. @default none */
  readonly tool?: readonly ToolLayer[]
}

/** How long `close` waits. */
export type CloseOptions = {
  /**
   * How long to wait for calls that run, in milliseconds. Then streams end with a `StreamBrokenError` and are settled; the
   * hold of a whole answer that has not come is left to the end of its lease, as of a process that died.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number
}

const { rateCard: _, ...budgetOptions } = BUDGET_OPTIONS

const budget: Check = {
  ...door(budgetOptions),
  is: (value) => door(budgetOptions).is(value) && !(value instanceof BudgetBreaker),
  hint: (value) => (value instanceof BudgetBreaker ? 'Give a ready BudgetBreaker as `breaker`.' : undefined),
}

const LAYERS_OPTIONS: ChecksOf<LayersOptions> = { model: listOf(func), tool: listOf(func) }

export const LLM_OPS_OPTIONS: ChecksOf<LlmOpsOptions> = {
  budget,
  breaker: where('a BudgetBreaker of this copy of the package', (value) => value instanceof BudgetBreaker),
  rateCard: either(RATE_CARD, door(RATE_CARD_OPTIONS)),
  route: door(ROUTE_OPTIONS),
  defaultTenant: { ...PAYER.tenant, isRequired: false },
  layers: door(LAYERS_OPTIONS),
  latencyObjectiveMs: milliseconds(1),
  sli: SLI,
  logger: LOGGER,
  chaos: having<ChaosController>('a ChaosController', 'draw', 'record', 'set', 'read', 'clear'),
  ...FETCH_OPTIONS,
  ...SPAN_OPTIONS,
}

export const CLOSE_OPTIONS: ChecksOf<CloseOptions> = { timeoutMs: milliseconds(0) }
