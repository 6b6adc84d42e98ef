import { BudgetBreaker, createPayments } from './budget/index.ts'
import { ChaosController, chaosAroundTool, chaosModelLayer } from './chaos/index.ts'
import { checkOptions } from './check.ts'
import { InvalidOptionError } from './errors.ts'
import { EventStream, type OpsEvents, reportAccounts, reportRefused, reportUngoverned } from './events/index.ts'
import { shareUse } from './last-user.ts'
import { CLOSE_OPTIONS, type CloseOptions, LLM_OPS_OPTIONS, type LlmOpsOptions } from './llmops-options.ts'
import { logEvents } from './log/index.ts'
import { createMcpTools, type McpClient, type McpToolsOptions, type McpToolValue } from './mcp-tools/index.ts'
import { createGovernedFetch, isAnswer, ownModelLayer } from './model/index.ts'
import { checkNode } from './node-version.ts'
import type { Payer } from './payer.ts'
import { createRateCard, type RateCard } from './pricing/index.ts'
import type { Schema } from './repair/index.ts'
import { routeLayer } from './route/index.ts'
import { createSli, observeModel, observeTask, observeTool, type Sli } from './sli/index.ts'
import { createTaskRunner, type Task, type TaskOptions } from './task.ts'
import { createToolFactory, ownToolLayer, type Tool, type ToolOptions } from './tool/index.ts'

const CLOSE_TIMEOUT_MS = 10_000

/** What `createLlmOps` returns. */
export type LlmOps<Budget extends BudgetBreaker | undefined = BudgetBreaker> = {
  /** The governed `fetch`. Pass it to any model SDK that accepts a `fetch`. */
  readonly fetch: typeof fetch
  /**
   * Returns a `fetch` whose calls are paid by the given tenant and scopes. Inside a task, its tenant has priority over
   * the task's, and its scopes are added to the task's.
   *
   * @throws InvalidOptionError if the tenant or a scope is invalid.
   * @example new OpenAI({ fetch: ops.fetchAs({ tenant: 'contoso', scopes: { user: 'ada' } }) })
   */
  fetchAs(payer: Payer): typeof fetch
  /**
   * Runs a function inside a task, which defines who pays and how long it may take, and records how it ended. Returns
   * what the function returns.
   *
   * @param run the function; it gets the task, and `currentTask()` returns the task anywhere inside it
   * @throws InvalidOptionError if an option is invalid.
   * @throws DeadlineExceededError if its deadline has passed.
   * @example
   * await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, async (task) => {
   *   const answer = await ask('Where is my order?')
   *   if (!answer) task.fail('no_answer')
   * })
   */
  task<T>(options: TaskOptions, run: (task: Task) => T | Promise<T>): Promise<T>
  /**
   * Creates a tool that a model may call, with validation and repair of its arguments, limits and fallbacks.
   *
   * @throws InvalidOptionError if an option is invalid.
   * @example
   * const lookup = ops.tool({
   *   name: 'lookup',
   *   description: 'Looks up an order.',
   *   parameters: { type: 'object', properties: { id: { type: 'string' } }, required: ['id'] },
   *   run: async (args) => `Order ${JSON.stringify(args)} is on its way.`,
   * })
   * await lookup.call('{"id":"A-17"}')
   */
  tool<S extends Schema, Result>(options: ToolOptions<S, Result>): Tool<Result>
  /**
   * Creates tools from those of an MCP server, with validation, repair, limits, costs and telemetry like your own
   * tools. The definitions of the server are not trusted. The list has each tool that `allow` names. The description of
   * a refused tool says that it is refused, and its calls throw.
   *
   * @throws InvalidOptionError if an option is invalid.
   * @throws the error of the client if it cannot list the tools.
   * @example
   * const tools = await ops.mcpTools(client, { allow: ['search'], effects: { search: 'read' } })
   */
  mcpTools(client: McpClient, options?: McpToolsOptions): Promise<Tool<McpToolValue>[]>
  /** The budget; undefined without one. */
  readonly budget: Budget
  /** Injects faults. It is off until you set one. */
  readonly chaos: ChaosController
  /** Records the metrics. */
  readonly sli: Sli
  /** The events of tasks and calls, as plain objects without content and secrets. */
  readonly events: OpsEvents
  /** What models cost. */
  readonly rateCard: RateCard
  /**
   * Waits for running calls, settles them, and closes the ledger, unless another open `createLlmOps` uses the same
   * budget or ledger. Model calls that begin after that are refused (`ops_closed`). May be called several times.
   *
   * @throws InvalidOptionError if `timeoutMs` is invalid.
   */
  close(options?: CloseOptions): Promise<void>
  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>
}

/** Options with a `budget` or a `breaker`, so that `ops.budget` is defined. */
type Budgeted =
  | { readonly budget: NonNullable<LlmOpsOptions['budget']> }
  | { readonly breaker: NonNullable<LlmOpsOptions['breaker']> }

/**
 * Creates the governed `fetch` for model calls, tools with repair and fallbacks, and tasks that define who pays.
 *
 * @param options with a `budget` or a `breaker`, `ops.budget` is defined
 * @throws InvalidOptionError if an option is invalid.
 * @example
 * const ops = createLlmOps({
 *   budget: { limitUsd: 50, period: 'month', downshift: { at: 0.8, to: { 'gpt-4o': 'gpt-4o-mini' } } },
 * })
 * const openai = new OpenAI({ fetch: ops.fetch })
 * await ops.task({ tenant: 'contoso' }, () => openai.chat.completions.create({ model: 'gpt-4o', messages }))
 */
export function createLlmOps(options: LlmOpsOptions & Budgeted): LlmOps
export function createLlmOps(options?: LlmOpsOptions): LlmOps<BudgetBreaker | undefined>
export function createLlmOps(options: LlmOpsOptions = {}): LlmOps<BudgetBreaker | undefined> {
  checkNode()
  checkOptions(options, LLM_OPS_OPTIONS)
  const { defaultTenant, route, layers = {}, fetch, countTokens, formats, seen } = options
  const {
    unknownEndpoints,
    modelHosts = [],
    maxRequestBytes,
    maxAnswerBytes,
    finish,
    unreadMs,
    trustGatewayCost,
  } = options
  const { latencyObjectiveMs, agentId, agentName, agentVersion, genAiConventions, captureContent, spans } = options
  const observed = { agentId, agentName, agentVersion, genAiConventions, captureContent, spans }
  const rateCard = readRateCard(options)
  const sli = options.sli ?? createSli({ rateCard, genAiConventions })
  const events = new EventStream()
  const flushLines = logEvents(events, options.logger)
  const chaos = options.chaos ?? new ChaosController({ sli })
  const budget = readBudget(options, rateCard)

  const payments = createPayments({
    rateCard,
    breaker: budget,
    sli,
    accounts: reportAccounts(sli, events),
    defaultTenant,
  })

  // All layers of a call, outermost first. Inside a tool's layers are repair, fallbacks, chaos and the function.
  const modelLayers = [
    observeModel(sli, observed, events),
    ...(layers.model ?? []).map(ownModelLayer),
    // The budgets are inside the route, so that each attempt is held, clamped, downshifted and charged separately.
    ...(route ? [routeLayer(route)] : []),
    ...payments.modelLayers,
    chaosModelLayer(chaos),
  ]
  const toolLayers = [observeTool(sli, observed, events), ...(layers.tool ?? []).map(ownToolLayer)]

  const governed = createGovernedFetch({
    layers: modelLayers,
    rateCard,
    defaultTenant,
    scopes: budget?.scopes,
    ungoverned: (call) => {
      sli.ungoverned(call.host, call.path, call.tenant)
      reportUngoverned(events, call)
    },
    refused: (call) => reportRefused(events, call),
    fetch,
    countTokens,
    formats,
    seen: seen ?? payments.seen,
    unknownEndpoints,
    modelHosts: [...modelHosts, ...hostsOf(route)],
    maxRequestBytes,
    maxAnswerBytes,
    finish,
    unreadMs,
    trustGatewayCost,
  })
  const tool = createToolFactory({ layers: toolLayers, around: chaosAroundTool(chaos), payFor: payments.payFor, sli })
  const leaveBudget = budget && shareUse(budget)
  let closing: Promise<void> | undefined
  const close = async (options: CloseOptions = {}) => {
    checkOptions(options, CLOSE_OPTIONS)
    const { timeoutMs = CLOSE_TIMEOUT_MS } = options
    closing ??= governed.drain(timeoutMs).then(async () => {
      await route?.breaker?.bus?.close()
      await budget?.drain()
      await leaveBudget?.()
      flushLines()
    })
    await closing
  }

  return {
    fetch: governed.fetch,
    fetchAs: governed.fetchAs,
    task: createTaskRunner({
      defaultTenant,
      scopes: budget?.scopes,
      observe: observeTask(sli, observed, events),
      name: agentName,
      latencyObjectiveMs,
      unreadMs,
      isAnswer,
    }),
    tool,
    mcpTools: createMcpTools(tool),
    budget,
    chaos,
    sli,
    events,
    rateCard,
    close,
    [Symbol.asyncDispose]: () => close(),
  }
}

/** Each with its port, because other services may run on the same machine. */
function hostsOf(route: LlmOpsOptions['route']): readonly string[] {
  return (route?.targets ?? []).flatMap(({ baseUrl }) => (baseUrl === undefined ? [] : [new URL(baseUrl).host]))
}

/** Holds and charges must use the same rate card, or the limit would not hold. */
function readRateCard({ rateCard = {}, breaker }: LlmOpsOptions): RateCard {
  if (!breaker) return 'costNanos' in rateCard ? rateCard : createRateCard(rateCard)
  if (Object.keys(rateCard).length > 0 && rateCard !== breaker.rateCard) {
    throw new InvalidOptionError('rateCard', rateCard, 'that of the `breaker`; leave it out here')
  }
  return breaker.rateCard
}

function readBudget({ budget, breaker }: LlmOpsOptions, rateCard: RateCard): BudgetBreaker | undefined {
  if (budget === undefined) return breaker
  if (breaker === undefined) return new BudgetBreaker({ ...budget, rateCard }, 'budget')
  throw new InvalidOptionError('breaker', breaker, 'left out if `budget` has the options of one')
}
