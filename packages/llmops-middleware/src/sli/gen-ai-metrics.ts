import type { Attributes, Meter } from '@opentelemetry/api'
import type { Completion, ModelCall } from '../model/index.ts'
import type { Usage } from '../usage.ts'
import { AttributeSets } from './attribute-sets.ts'
import { BoundedValues } from './bounded-values.ts'
import { currentGenAiInstruments, type GenAiConventions, latestGenAiInstruments } from './gen-ai-instruments.ts'
import { instrumentsOf } from './global-provider.ts'
import type { EndedTask } from './sli.ts'

export type GenAiMetricsOptions = {
  readonly conventions: GenAiConventions
  readonly meter: Meter | undefined
  readonly models: BoundedValues
  readonly tools: BoundedValues
  readonly errorTypes: BoundedValues
}

/** The metrics of the OpenTelemetry GenAI conventions, with the names of the chosen version. */
export class GenAiMetrics {
  readonly #instruments: () => {
    readonly current?: ReturnType<typeof currentGenAiInstruments>
    readonly latest?: ReturnType<typeof latestGenAiInstruments>
  }
  readonly #errorTypes: BoundedValues
  readonly #operations = new Map<string, OperationAttributes>()
  readonly #models: BoundedValues
  readonly #agents: AttributeSets
  readonly #tools: AttributeSets

  constructor({ conventions, meter, models, tools, errorTypes }: GenAiMetricsOptions) {
    this.#instruments = instrumentsOf(meter, (meter) => ({
      ...(conventions !== 'latest' && { current: currentGenAiInstruments(meter) }),
      ...(conventions !== 'current' && { latest: latestGenAiInstruments(meter) }),
    }))
    this.#models = models
    this.#errorTypes = errorTypes
    this.#agents = new AttributeSets({ name: 'gen_ai.agent.name', values: new BoundedValues(100) })
    this.#tools = new AttributeSets({ name: 'gen_ai.tool.name', values: tools })
  }

  modelCallEnded(
    call: ModelCall,
    model: string,
    completion: Completion,
    durationMs: number,
    errorType: string | undefined,
  ): void {
    const { current, latest } = this.#instruments()
    const attributes = this.#attributesOf(call.format.operation)
    const base = attributes.base.get(call.provider, model)
    const { usage, timeToFirstTokenMs, timePerChunkMs } = completion
    const durationAttributes = this.#withError(base, errorType)
    current?.duration.record(durationMs / 1000, durationAttributes)
    latest?.duration.record(durationMs / 1000, durationAttributes)
    if (timeToFirstTokenMs !== undefined) {
      current?.timeToFirstChunk.record(timeToFirstTokenMs / 1000, base)
      latest?.timeToFirstChunk.record(timeToFirstTokenMs / 1000, base)
    }
    if (timePerChunkMs !== undefined) {
      current?.timePerChunk.record(timePerChunkMs / 1000, base)
      latest?.timePerChunk.record(timePerChunkMs / 1000, base)
    }
    // A call without output would only distort the histogram.
    if (isEmpty(usage)) return
    current?.tokenUsage.record(usage.inputTokens, attributes.input.get(call.provider, model))
    current?.tokenUsage.record(usage.outputTokens, attributes.output.get(call.provider, model))
    if (!latest) return
    latest.inputTokens.add(usage.inputTokens, base)
    latest.outputTokens.add(usage.outputTokens, base)
    if (usage.cachedInputTokens) latest.cacheReadTokens.add(usage.cachedInputTokens, base)
    if (usage.cacheWriteTokens) latest.cacheWriteTokens.add(usage.cacheWriteTokens, base)
    if (usage.reasoningTokens) latest.reasoningTokens.add(usage.reasoningTokens, base)
  }

  taskEnded({ name = 'agent', outcome, latencyMs, modelCalls, toolCalls }: EndedTask): void {
    const { latest } = this.#instruments()
    if (!latest) return
    const base = this.#agents.get(name)
    latest.agentDuration.record(
      latencyMs / 1000,
      this.#withError(base, outcome === 'success' ? undefined : outcome.failure),
    )
    if (modelCalls !== undefined) latest.agentInferenceCalls.record(modelCalls, base)
    if (toolCalls !== undefined) latest.agentToolCalls.record(toolCalls, base)
  }

  toolCallEnded(tool: string, durationMs: number, errorType: string | undefined): void {
    const { latest } = this.#instruments()
    latest?.toolDuration.record(durationMs / 1000, this.#withError(this.#tools.get(tool), errorType))
  }

  #withError(base: Attributes, errorType: string | undefined): Attributes {
    return errorType === undefined ? base : { ...base, 'error.type': this.#errorTypes.bound(errorType) }
  }

  #attributesOf(operation: string): OperationAttributes {
    const known = this.#operations.get(operation)
    if (known) return known
    const provider = { name: 'gen_ai.provider.name', values: new BoundedValues(20) }
    const model = { name: 'gen_ai.request.model', values: this.#models }
    const fixed = { 'gen_ai.operation.name': operation }
    const attributes = {
      base: new AttributeSets(provider, model, fixed),
      input: new AttributeSets(provider, model, { ...fixed, 'gen_ai.token.type': 'input' }),
      output: new AttributeSets(provider, model, { ...fixed, 'gen_ai.token.type': 'output' }),
    }
    this.#operations.set(operation, attributes)
    return attributes
  }
}

type OperationAttributes = {
  readonly base: AttributeSets
  readonly input: AttributeSets
  readonly output: AttributeSets
}

function isEmpty({ inputTokens, outputTokens }: Usage): boolean {
  return inputTokens === 0 && outputTokens === 0
}
