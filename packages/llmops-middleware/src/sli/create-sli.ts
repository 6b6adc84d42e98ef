import type { Attributes, Meter } from '@opentelemetry/api'
import { type ChecksOf, checkOptions, having, oneOf, whole } from '../check.ts'
import type { FailureClass } from '../failure-class.ts'
import type { Completion, ModelCall, ModelResult } from '../model/index.ts'
import { createRateCard, RATE_CARD, type RateCard } from '../pricing/index.ts'
import type { Usage } from '../usage.ts'
import { type Usd, usdFromNanos, ZERO } from '../usd.ts'
import { type AgentInstruments, agentInstruments } from './agent-instruments.ts'
import { AttributeSets, type Dimension } from './attribute-sets.ts'
import { BoundedValues } from './bounded-values.ts'
import { errorTypeOfCompletion } from './error-type.ts'
import { defaultConventions, GEN_AI_CONVENTIONS, type GenAiConventions } from './gen-ai-instruments.ts'
import { GenAiMetrics } from './gen-ai-metrics.ts'
import { instrumentsOf } from './global-provider.ts'
import type { EndedTask, Sli } from './sli.ts'

/** The options of `createSli`. */
export type SliOptions = {
  /** Prices what `recordCost` records. @default the public prices */
  readonly rateCard?: RateCard | undefined
  /** Creates the instruments. @default the meter `agent` of the global provider, even if it is registered later */
  readonly meter?: Meter | undefined
  /** How many tenants get a time series of their own; the rest become `other`. @default 1000 */
  readonly maxTenants?: number | undefined
  /** How many models get a time series of their own. @default 100 */
  readonly maxModels?: number | undefined
  /** How many tools get a time series of their own. @default 200 */
  readonly maxTools?: number | undefined
  /**
   * The version of the OpenTelemetry GenAI conventions for the names.
   *
   * @default 'latest' where the variable `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`, else 'current'
   */
  readonly genAiConventions?: GenAiConventions | undefined
}

export const SLI_OPTIONS: ChecksOf<SliOptions> = {
  rateCard: RATE_CARD,
  meter: having<Meter>('an OpenTelemetry Meter', 'createCounter', 'createHistogram'),
  maxTenants: whole(1),
  maxModels: whole(1),
  maxTools: whole(1),
  genAiConventions: oneOf(...GEN_AI_CONVENTIONS),
}

/** Reasons and error types come from code, not from users, so a hundred are enough. */
const MAX_REASONS = 100
const MAX_ATTEMPTS_SHOWN = 10
const MAX_KINDS = 20
const MAX_MODES = 20
const MAX_SHARES = 20
const MAX_HOSTS = 50
const MAX_PATHS = 100

/**
 * Creates the object that records the SLIs of an agent with the OpenTelemetry API. Without an SDK it costs almost
 * nothing.
 *
 * @throws InvalidOptionError if an option is invalid.
 * @example
 * const sli = createSli()
 * const usd = sli.recordCost('gpt-4o-mini', { inputTokens: 1200, outputTokens: 80 }, 'contoso')
 */
export function createSli(options: SliOptions = {}): Sli {
  checkOptions(options, SLI_OPTIONS)
  return new OpenTelemetrySli(options)
}

class OpenTelemetrySli implements Sli {
  readonly #rateCard: RateCard
  readonly #instruments: () => AgentInstruments
  readonly #genAi: GenAiMetrics
  readonly #errorTypes = new BoundedValues(MAX_REASONS)
  readonly #byTenant: AttributeSets
  readonly #byTenantAndModel: AttributeSets
  readonly #failures: Readonly<Record<FailureClass, AttributeSets>>
  readonly #byTenantAndDecision: AttributeSets
  /** The scopes of the application's budget. */
  readonly #noticesByScope = new Map<string, AttributeSets>()
  readonly #tenant: Dimension
  readonly #byTool: AttributeSets
  readonly #byToolAndStatus: AttributeSets
  readonly #byAttempt = new AttributeSets({ name: 'attempt', values: new BoundedValues(MAX_ATTEMPTS_SHOWN) })
  readonly #hosts = new BoundedValues(MAX_HOSTS)
  readonly #paths = new BoundedValues(MAX_PATHS)
  readonly #byKind = new AttributeSets({ name: 'kind', values: new BoundedValues(MAX_KINDS) })
  readonly #byMode = new AttributeSets({ name: 'mode', values: new BoundedValues(MAX_MODES) })

  constructor({
    rateCard = createRateCard(),
    meter,
    maxTenants = 1000,
    maxModels = 100,
    maxTools = 200,
    genAiConventions = defaultConventions(),
  }: SliOptions) {
    this.#rateCard = rateCard
    this.#instruments = instrumentsOf(meter, agentInstruments)
    const tenant = { name: 'tenant', values: new BoundedValues(maxTenants) }
    const models = new BoundedValues(maxModels)
    const tools = new BoundedValues(maxTools)
    this.#tenant = tenant
    this.#byTenant = new AttributeSets(tenant)
    this.#byTenantAndModel = new AttributeSets(tenant, { name: 'model', values: models })
    const reason = { name: 'reason', values: new BoundedValues(MAX_REASONS) }
    const failuresOf = (failureClass: FailureClass) => new AttributeSets(tenant, reason, { class: failureClass })
    this.#failures = { agent: failuresOf('agent'), provider: failuresOf('provider'), caller: failuresOf('caller') }
    this.#byTenantAndDecision = new AttributeSets(tenant, { name: 'decision', values: new BoundedValues(3) })
    this.#byTool = new AttributeSets({ name: 'tool', values: tools })
    this.#byToolAndStatus = new AttributeSets(
      { name: 'tool', values: tools },
      { name: 'status', values: new BoundedValues(3) },
    )
    this.#genAi = new GenAiMetrics({
      conventions: genAiConventions,
      meter,
      models,
      tools,
      errorTypes: this.#errorTypes,
    })
  }

  recordCost(model: string, usage: Usage, tenant: string): Usd {
    const usd = this.#rateCard.cost(model, usage)
    this.#recordUsage(this.#byTenantAndModel.get(tenant, model), usage, usd)
    return usd
  }

  modelCallEnded(call: ModelCall, result: ModelResult | undefined, completion: Completion, durationMs: number): void {
    // A call that we refused never reached a model, and would make the model look fast.
    if (completion.status === 'refused') return
    const model = result?.model ?? call.model
    const errorType = errorTypeOfCompletion(completion, result?.status)
    const attributes = this.#byTenantAndModel.get(call.tenant, model)
    this.#recordUsage(attributes, completion.usage, usdFromNanos(completion.costNanos))
    this.#recordUnknown(attributes, usdFromNanos(completion.unknownNanos ?? ZERO))
    if (completion.isUnfinished) this.#instruments().unfinished.add(1, attributes)
    this.#genAi.modelCallEnded(call, model, completion, durationMs, errorType)
  }

  #recordUsage(attributes: Attributes, { inputTokens, outputTokens }: Usage, usd: Usd): void {
    const { tokensIn, tokensOut, cost } = this.#instruments()
    tokensIn.add(inputTokens, attributes)
    tokensOut.add(outputTokens, attributes)
    cost.add(usd, attributes)
  }

  #recordUnknown(attributes: Attributes, usd: Usd): void {
    if (usd > 0) this.#instruments().unknownCost.add(usd, attributes)
  }

  taskEnded(task: EndedTask): void {
    const { taskSuccess, taskFailure, taskLatency, taskOutcome, taskCost } = this.#instruments()
    const { tenant, outcome, latencyMs, costUsd } = task
    const attributes = this.#byTenant.get(tenant)
    const failureClass = outcome === 'success' ? undefined : (outcome.class ?? 'agent')
    if (outcome === 'success') taskSuccess.add(1, attributes)
    else taskFailure.add(1, this.#failures[outcome.class ?? 'agent'].get(tenant, outcome.failure))
    taskLatency.record(latencyMs / 1000, attributes)
    // Only failures of the agent count against a release. Callers and outages must not cause a rollback.
    if (failureClass === undefined || failureClass === 'agent') {
      taskOutcome.record(outcome === 'success' ? 1 : 0, attributes)
      taskCost.record(costUsd, attributes)
    }
    this.#genAi.taskEnded(task)
  }

  toolCallEnded(
    tool: string,
    status: 'ok' | 'fallback' | 'error',
    durationMs: number,
    errorType?: string,
    failureClass: FailureClass = 'agent',
  ): void {
    const attributes = this.#byToolAndStatus.get(tool, status)
    const { toolCalls, toolOutcome } = this.#instruments()
    if (status !== 'error' || failureClass === 'agent') {
      toolOutcome.record(status === 'error' ? 0 : 1, this.#byTool.get(tool))
    }
    toolCalls.add(
      1,
      errorType === undefined ? attributes : { ...attributes, 'error.type': this.#errorTypes.bound(errorType) },
    )
    this.#genAi.toolCallEnded(tool, durationMs, errorType)
  }

  repairRetried(attempt: number): void {
    this.#instruments().repairRetries.add(1, this.#byAttempt.get(String(attempt)))
  }

  repairedFreely(kind: string): void {
    this.#instruments().freeRepairs.add(1, this.#byKind.get(kind))
  }

  downshifted(tenant: string): void {
    this.#instruments().downshifts.add(1, this.#byTenant.get(tenant))
  }

  budgetBreached(tenant: string, decision: 'clamp' | 'downshift' | 'block'): void {
    this.#instruments().budgetBreaches.add(1, this.#byTenantAndDecision.get(tenant, decision))
  }

  budgetNoticed(tenant: string, scope: string, share: number): void {
    let sets = this.#noticesByScope.get(scope)
    if (!sets) {
      const shares = { name: 'share', values: new BoundedValues(MAX_SHARES) }
      sets = new AttributeSets(this.#tenant, shares, { scope })
      this.#noticesByScope.set(scope, sets)
    }
    this.#instruments().budgetNotices.add(1, sets.get(tenant, String(share)))
  }

  charged(tenant: string, reason: string, usd: Usd, unknownUsd: Usd = 0): void {
    const attributes = this.#byTenantAndModel.get(tenant, reason)
    this.#instruments().cost.add(usd, attributes)
    this.#recordUnknown(attributes, unknownUsd)
  }

  chaosInjected(mode: string): void {
    this.#instruments().chaosInjections.add(1, this.#byMode.get(mode))
  }

  calledLate(tenant: string): void {
    this.#instruments().lateCalls.add(1, this.#byTenant.get(tenant))
  }

  ungoverned(host: string, path: string, tenant = ''): void {
    this.#instruments().ungoverned.add(1, {
      host: this.#hosts.bound(host),
      path: this.#paths.bound(path),
      ...(tenant === '' ? {} : this.#byTenant.get(tenant)),
    })
  }
}
