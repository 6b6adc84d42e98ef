import { BUDGET_OPTIONS, BudgetBreaker, type BudgetOptions } from './budget/index.ts'
import type { ChaosController } from './chaos/index.ts'
import { type Check, type ChecksOf, either, func, having, listOf, milliseconds, objectOf, where } from './check.ts'
import { ONE_COPY } from './copy.ts'
import { classOf } from './describe-value.ts'
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
    /** What tenants may spend. @default no limit: calls are counted, but not refused */
    readonly budget?: Omit<BudgetOptions, 'rateCard'> | undefined
    /** A `BudgetBreaker` that you created, in place of `budget`. Its rate card is used. @default none */
    readonly breaker?: BudgetBreaker | undefined
    /** What models cost: a rate card, or the options of one. @default that of the `breaker`, else the public prices */
    readonly rateCard?: RateCard | RateCardOptions | undefined
    /** The targets for model calls, in order of preference. @default each request goes where its SDK sends it */
    readonly route?: RouteOptions | undefined
    /** The tenant that pays for calls outside a task. @default none: such calls are refused */
    readonly defaultTenant?: string | undefined
    /**
     * Your own layers, for example for policy and audit, outermost first. They run inside the telemetry, and outside
     * routing and budgets.
     *
     * @default none
     */
    readonly layers?: LayersOptions | undefined
    /**
     * How long a task may keep its caller waiting without a first token or a first byte of its response, in
     * milliseconds. If the caller aborts earlier, the failure is the caller's (class `caller`). After that, it is the
     * agent's.
     *
     * @default 30_000
     */
    readonly latencyObjectiveMs?: number | undefined
    /** Records metrics. @default the OpenTelemetry meter `agent` */
    readonly sli?: Sli | undefined
    /**
     * Gets one line for each failed task, each model call that was refused, rerouted, downshifted, clamped or cut, and
     * each tool call that failed or fell back. It is called like pino: an object of fields, then a message. It gets at
     * most ten lines with one `code` per minute, and no prompts, answers, arguments or keys. `false` writes nothing.
     *
     * @default console: lines of JSON on stderr
     */
    readonly logger?: Logger | false | undefined
    /** Injects faults. @default a controller of its own, which is off */
    readonly chaos?: ChaosController | undefined
  }

/** Layers of your own around model calls and tool calls. */
export type LayersOptions = {
  /** Around each model call. A layer that throws, or returns no result, refuses it with `invalid_option`. @default none */
  readonly model?: readonly ModelLayer[] | undefined
  /** Around each tool call. What a layer throws is thrown by the call. @default none */
  readonly tool?: readonly ToolLayer[] | undefined
}

/** How long `close` waits. */
export type CloseOptions = {
  /**
   * How long to wait for running calls, in milliseconds. After that, streams end with a `StreamBrokenError` and are
   * settled. A call whose response has not come keeps its hold until the end of its lease, as after a crash.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number | undefined
}

const { rateCard: _, ...budgetOptions } = BUDGET_OPTIONS

const budget: Check = {
  ...objectOf(budgetOptions),
  is: (value) => objectOf(budgetOptions).is(value) && !(value instanceof BudgetBreaker),
  hint: (value) =>
    value instanceof BudgetBreaker
      ? 'To use an existing BudgetBreaker, pass it as `breaker`.'
      : objectOf(budgetOptions).hint?.(value),
}

const LAYERS_OPTIONS: ChecksOf<LayersOptions> = { model: listOf(func), tool: listOf(func) }

export const LLM_OPS_OPTIONS: ChecksOf<LlmOpsOptions> = {
  budget,
  breaker: where(
    'a BudgetBreaker of this copy of the package',
    (value) => value instanceof BudgetBreaker,
    (value) => (classOf(value as object) === 'BudgetBreaker' ? ONE_COPY : undefined),
  ),
  rateCard: either(RATE_CARD, objectOf(RATE_CARD_OPTIONS)),
  route: objectOf(ROUTE_OPTIONS),
  defaultTenant: { ...PAYER.tenant, isRequired: false },
  layers: objectOf(LAYERS_OPTIONS),
  latencyObjectiveMs: milliseconds(1),
  sli: SLI,
  logger: LOGGER,
  chaos: having<ChaosController>('a ChaosController', 'draw', 'record', 'set', 'read', 'clear'),
  ...FETCH_OPTIONS,
  ...SPAN_OPTIONS,
}

export const CLOSE_OPTIONS: ChecksOf<CloseOptions> = { timeoutMs: milliseconds(0) }
