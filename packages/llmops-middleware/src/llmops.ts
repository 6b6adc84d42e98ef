import { BudgetBreaker, type BudgetOptions, budgetLayer } from './budget/index.ts'
import { ChaosController, chaosAroundTool, chaosModelLayer } from './chaos/index.ts'
import { checkValue, milliseconds, whole } from './check.ts'
import { InvalidOptionError } from './errors.ts'
import { createGovernedFetch, type GovernedFetch, type GovernedFetchOptions, type ModelLayer } from './model/index.ts'
import { createRateCard, type RateCard, type RateCardOptions } from './pricing/index.ts'
import { type RouteOptions, routeLayer } from './route/index.ts'
import { createSli, observeModel, observeTask, observeTool, type Sli } from './sli/index.ts'
import { createTaskRunner, type TaskRunner } from './task.ts'
import { createToolFactory, type ToolFactory, type ToolLayer } from './tool/index.ts'

export type LlmOpsOptions = {
  readonly models?: {
    readonly primary?: string
    /** Answers from the budget's downshift share on. */
    readonly downshift?: string
  }
  /**
   * What tenants may spend. Without it calls are counted and nothing is refused. A `BudgetBreaker` of your own brings its
   * rate card and its downshift model with it.
   */
  readonly budget?: Omit<BudgetOptions, 'downshiftModel' | 'rateCard'> | BudgetBreaker
  /** What models cost. Default: the rate card of the `BudgetBreaker` that is given, else the public prices. */
  readonly rateCard?: RateCard | RateCardOptions
  readonly sli?: Sli
  readonly chaos?: ChaosController
  /** Where models are asked, in order of preference. Without it each request goes where its SDK sends it. */
  readonly route?: RouteOptions
  /** Who pays for a call outside a task. Without one such a call is refused. */
  readonly defaultTenant?: string
  /** Your own layers, for policy and audit: inside the observer, outside everything that spends. */
  readonly layers?: { readonly model?: readonly ModelLayer[]; readonly tool?: readonly ToolLayer[] }
  readonly fetch?: GovernedFetchOptions['fetch']
  readonly countTokens?: GovernedFetchOptions['countTokens']
  readonly onUngoverned?: GovernedFetchOptions['onUngoverned']
  readonly maxRequestBytes?: GovernedFetchOptions['maxRequestBytes']
  readonly maxAnswerBytes?: GovernedFetchOptions['maxAnswerBytes']
  readonly unreadMs?: GovernedFetchOptions['unreadMs']
}

export type CloseOptions = {
  /**
   * How long to wait for calls that run, in milliseconds. Then streams end with a `StreamBrokenError` and are settled; the
   * hold of a whole answer that has not come is left to the end of its lease, as of a process that died.
   *
   * @default 10_000
   */
  readonly timeoutMs?: number
}

const CLOSE_TIMEOUT_MS = 10_000

export type LlmOps<Budget extends BudgetBreaker | undefined = BudgetBreaker> = {
  /** Give it to any model SDK that takes a `fetch`. */
  readonly fetch: typeof fetch
  readonly fetchAs: GovernedFetch['fetchAs']
  readonly task: TaskRunner
  readonly tool: ToolFactory
  /** Undefined when none was configured. */
  readonly budget: Budget
  readonly chaos: ChaosController
  readonly sli: Sli
  readonly rateCard: RateCard
  /**
   * Waits for what runs, settles it, and lets go of the ledger. Calling it twice is harmless.
   *
   * @throws InvalidOptionError when `timeoutMs` is no time to wait.
   */
  close(options?: CloseOptions): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * Puts the parts together: a `fetch` that governs model calls, tools that mend and fall back, tasks that know who pays.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example
 * const ops = createLlmOps({
 *   models: { primary: 'gpt-4o', downshift: 'gpt-4o-mini' },
 *   budget: { limitUsd: 50, period: 'month' },
 * })
 * const openai = new OpenAI({ fetch: ops.fetch })
 * await ops.task({ tenant: 'contoso' }, () => openai.chat.completions.create({ model: 'gpt-4o', messages }))
 */
export function createLlmOps(options: LlmOpsOptions & { readonly budget: NonNullable<LlmOpsOptions['budget']> }): LlmOps
export function createLlmOps(options?: LlmOpsOptions): LlmOps<BudgetBreaker | undefined>
export function createLlmOps(options: LlmOpsOptions = {}): LlmOps<BudgetBreaker | undefined> {
  checkOptions(options)
  const { defaultTenant, layers = {} } = options
  const rateCard = readRateCard(options)
  const sli = options.sli ?? createSli({ rateCard })
  const chaos = options.chaos ?? new ChaosController({ sli })
  const budget = readBudget(options, rateCard)

  // The whole story of a call, outermost first. Inside of a tool's layers: repair, fallbacks, chaos, the function.
  const modelLayers = [
    observeModel(sli),
    ...(layers.model ?? []),
    // Inside the route, so that each attempt is held, clamped, downshifted and charged by itself.
    ...(options.route ? [routeLayer(options.route)] : []),
    ...(budget ? [budgetLayer(budget, sli)] : []),
    chaosModelLayer(chaos),
  ]
  const toolLayers = [observeTool(sli), ...(layers.tool ?? [])]

  const governed = createGovernedFetch({
    layers: modelLayers,
    rateCard,
    defaultTenant,
    scopes: budget?.scopes,
    ungoverned: () => sli.ungoverned(),
    ...(options.fetch ? { fetch: options.fetch } : {}),
    ...(options.countTokens ? { countTokens: options.countTokens } : {}),
    ...(options.onUngoverned ? { onUngoverned: options.onUngoverned } : {}),
    ...(options.maxRequestBytes === undefined ? {} : { maxRequestBytes: options.maxRequestBytes }),
    ...(options.maxAnswerBytes === undefined ? {} : { maxAnswerBytes: options.maxAnswerBytes }),
    ...(options.unreadMs === undefined ? {} : { unreadMs: options.unreadMs }),
  })
  let closing: Promise<void> | undefined
  const close = async ({ timeoutMs = CLOSE_TIMEOUT_MS }: CloseOptions = {}) => {
    checkValue(timeoutMs, milliseconds(0), 'timeoutMs')
    closing ??= governed.drain(timeoutMs).then(async () => {
      await options.route?.breaker?.bus?.close()
      await budget?.close()
    })
    await closing
  }

  return {
    fetch: governed.fetch,
    fetchAs: governed.fetchAs,
    task: createTaskRunner({ defaultTenant, scopes: budget?.scopes, observe: observeTask(sli) }),
    tool: createToolFactory({ layers: toolLayers, around: chaosAroundTool(chaos), sli }),
    budget,
    chaos,
    sli,
    rateCard,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

/** One card for what is held and for what is charged: with two of them a limit would mean nothing. */
function readRateCard({ rateCard, budget }: LlmOpsOptions): RateCard {
  if (!(budget instanceof BudgetBreaker)) return rateCardOf(rateCard)
  if (rateCard !== undefined && rateCard !== budget.rateCard) {
    throw new InvalidOptionError('rateCard', rateCard, 'the one of the BudgetBreaker that is given; leave it out here')
  }
  return budget.rateCard
}

function rateCardOf(rateCard: RateCard | RateCardOptions = {}): RateCard {
  return 'costNanos' in rateCard ? rateCard : createRateCard(rateCard)
}

function readBudget({ budget, models }: LlmOpsOptions, rateCard: RateCard): BudgetBreaker | undefined {
  const downshiftModel = models?.downshift
  if (budget === undefined || budget instanceof BudgetBreaker) {
    if (downshiftModel === undefined) return budget
    const accepted = 'a model beside the options of a `budget`; a BudgetBreaker is made with its own `downshiftModel`'
    throw new InvalidOptionError('models.downshift', downshiftModel, accepted)
  }
  return new BudgetBreaker({ ...budget, rateCard, ...(downshiftModel === undefined ? {} : { downshiftModel }) })
}

const OPTIONS = [
  'models',
  'budget',
  'rateCard',
  'sli',
  'chaos',
  'route',
  'defaultTenant',
  'layers',
  'fetch',
  'countTokens',
  'onUngoverned',
  'maxRequestBytes',
  'maxAnswerBytes',
  'unreadMs',
]

/** A longer body cannot be one text in Node, with room for the chunk that passes the limit. */
const LONGEST_BODY_BYTES = 500_000_000

function checkOptions(options: LlmOpsOptions): void {
  for (const name of Object.keys(options)) {
    if (!OPTIONS.includes(name)) throw new InvalidOptionError(name, 'unknown', `one of ${OPTIONS.join(', ')}`)
  }
  const { models = {}, layers = {}, fetch, onUngoverned = 'pass', maxRequestBytes, maxAnswerBytes, unreadMs } = options
  for (const [role, model] of Object.entries(models)) {
    if (typeof model !== 'string' || model === '')
      throw new InvalidOptionError(`models.${role}`, model, 'the name of a model')
  }
  for (const [kind, list] of Object.entries(layers)) {
    if (!Array.isArray(list) || list.some((layer) => typeof layer !== 'function')) {
      throw new InvalidOptionError(`layers.${kind}`, list, 'a list of functions')
    }
  }
  if (fetch !== undefined && typeof fetch !== 'function') throw new InvalidOptionError('fetch', fetch, 'a function')
  if (onUngoverned !== 'pass' && onUngoverned !== 'refuse') {
    throw new InvalidOptionError('onUngoverned', onUngoverned, "'pass' or 'refuse'")
  }
  checkValue(maxRequestBytes, whole(1, LONGEST_BODY_BYTES, 'bytes'), 'maxRequestBytes')
  checkValue(unreadMs, milliseconds(), 'unreadMs')
  checkValue(maxAnswerBytes, whole(1, LONGEST_BODY_BYTES, 'bytes'), 'maxAnswerBytes')
}
