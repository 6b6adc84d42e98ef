import { BudgetBreaker, createPayments } from './budget/index.ts'
import { ChaosController, chaosAroundTool, chaosModelLayer } from './chaos/index.ts'
import { checkOptions } from './check.ts'
import { InvalidOptionError } from './errors.ts'
import { EventStream, type OpsEvents, reportAccounts, reportRefused, reportUngoverned } from './events/index.ts'
import { shareUse } from './last-user.ts'
import { CLOSE_OPTIONS, type CloseOptions, LLM_OPS_OPTIONS, type LlmOpsOptions } from './llmops-options.ts'
import { logEvents } from './log/index.ts'
import { createMcpTools, type McpClient, type McpToolsOptions, type McpToolValue } from './mcp-tools/index.ts'
import { createGovernedFetch, isAnswer } from './model/index.ts'
import { checkNode } from './node-version.ts'
import type { Payer } from './payer.ts'
import { createRateCard, type RateCard } from './pricing/index.ts'
import type { Schema } from './repair/index.ts'
import { routeLayer } from './route/index.ts'
import { createSli, observeModel, observeTask, observeTool, type Sli } from './sli/index.ts'
import { createTaskRunner, type Task, type TaskOptions } from './task.ts'
import { createToolFactory, type Tool, type ToolOptions } from './tool/index.ts'

const CLOSE_TIMEOUT_MS = 10_000

/** What `createLlmOps` returns. */
export type LlmOps<Budget extends BudgetBreaker | undefined = BudgetBreaker> = {
  /** Give it to any model SDK that takes a `fetch`. */
  readonly fetch: typeof fetch
  /**
   * Returns a `fetch` whose calls a given payer pays for. Inside a task its tenant goes before the task's, and its scopes are
   * added to the task's.
   *
   * @throws InvalidOptionError for a payer that the budget would not recognise.
   * @example new OpenAI({ fetch: ops.fetchAs({ tenant: 'contoso', scopes: { user: 'ada' } }) })
   */
  fetchAs(payer: Payer): typeof fetch
  /**
   * Runs a function inside a task, which says who pays, how long it may take and how it ended. Returns what the function
   * returns.
   *
   * @param run gets the task; `currentTask()` finds it further down.
   * @throws InvalidOptionError naming the option that cannot be used.
   * @throws DeadlineExceededError when its `deadlineMs` have passed.
   * @example
   * await ops.task({ tenant: 'contoso', deadlineMs: 60_000 }, async (task) => {
   *   const answer = await ask('Where is my order?')
   *   if (!answer) task.fail('no_answer')
   * })
   */
  task<T>(options: TaskOptions, run: (task: Task) => T | Promise<T>): Promise<T>
  /**
   * Makes a tool that a model may call: its arguments are validated and repaired, and its fallbacks take over.
   *
   * @throws InvalidOptionError naming the option that cannot be used.
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
   * Makes tools of those of an MCP server: validated, repaired, bounded, paid and watched as your own are. What the server
   * says of them is not trusted. Each tool that `allow` names is in the list; one that is refused says so in place of its
   * description, and its calls throw.
   *
   * @throws InvalidOptionError naming the option that cannot be used.
   * @throws what the client throws when it cannot list the tools.
   * @example
   * const tools = await ops.mcpTools(client, { allow: ['search'], effects: { search: 'read' } })
   */
  mcpTools(client: McpClient, options?: McpToolsOptions): Promise<Tool<McpToolValue>[]>
  /** Undefined when none was configured. */
  readonly budget: Budget
  /** Injects faults; off until one is set. */
  readonly chaos: ChaosController
  /** Records the metrics. */
  readonly sli: Sli
  /** What happens here, as plain objects without content and secrets. */
  readonly events: OpsEvents
  /** What models cost. */
  readonly rateCard: RateCard
  /**
   * Waits for what runs, settles it, and closes the ledger, unless another that was given the same budget or ledger is
   * still open. Calling it twice is harmless.
   *
   * @throws InvalidOptionError when `timeoutMs` is no time to wait.
   */
  close(options?: CloseOptions): Promise<void>
  /** Closes it at the end of an `await using` block. */
  [Symbol.asyncDispose](): Promise<void>
}

/** With a budget of either kind, what is returned has one. */
type Budgeted =
  | { readonly budget: NonNullable<LlmOpsOptions['budget']> }
  | { readonly breaker: NonNullable<LlmOpsOptions['breaker']> }

/**
 * Puts the parts together: a `fetch` that governs model calls, tools that mend and fall back, tasks that know who pays.
 *
 * @param options with a budget of either kind, `ops.budget` is there
 * @throws InvalidOptionError naming the option that cannot be used.
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

  // The whole story of a call, outermost first. Inside of a tool's layers: repair, fallbacks, chaos, the function.
  const modelLayers = [
    observeModel(sli, observed, events),
    ...(layers.model ?? []),
    // Inside the route, so that each attempt is held, clamped, downshifted and charged by itself.
    ...(route ? [routeLayer(route)] : []),
    ...payments.modelLayers,
    chaosModelLayer(chaos),
  ]
  const toolLayers = [observeTool(sli, observed, events), ...(layers.tool ?? [])]

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

/** Each with its port: what else runs on the same machine is no host of models. */
function hostsOf(route: LlmOpsOptions['route']): readonly string[] {
  return (route?.targets ?? []).flatMap(({ baseUrl }) => (baseUrl === undefined ? [] : [new URL(baseUrl).host]))
}

/** One card for what is held and for what is charged: with two of them a limit would mean nothing. */
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
  throw new InvalidOptionError('breaker', breaker, 'left out where `budget` has the options of one')
}
