import type { AttemptDetail, CallDetail, KeptTask, ModelCallDetail, ToolCallDetail } from '../kept-task.ts'

/** The value that a member has when it is left out of the file. Most members have it most of the time. */
const TASK: Omit<KeptTask, 'id' | 'tenant' | 'facts'> = {
  name: 'agent',
  startedAtMs: 0,
  durationMs: 0,
  outcome: 'success',
  reason: null,
  class: null,
  error: null,
  modelCalls: 0,
  toolCalls: 0,
  inputTokens: 0,
  outputTokens: 0,
  costUsd: 0,
  flags: [],
  unknownUsd: 0,
  traceId: null,
  conversationId: null,
  scopes: {},
  calls: [],
  callsLeftOut: 0,
}
const CALL = { offsetMs: 0, durationMs: 0, error: null, fault: null, spanId: null }
const MODEL_CALL: ModelCallDetail = {
  kind: 'model',
  ...CALL,
  model: '',
  requestedModel: '',
  provider: '',
  status: 'completed',
  httpStatus: 200,
  attempts: [],
  isStream: false,
  inputTokens: 0,
  outputTokens: 0,
  cachedInputTokens: 0,
  costUsd: 0,
  firstTokenMs: null,
  decision: 'allow',
  clampedToTokens: null,
}
const TOOL_CALL: ToolCallDetail = {
  kind: 'tool',
  ...CALL,
  tool: '',
  status: 'ok',
  answeredBy: null,
  repairs: [],
  fallbacks: [],
}
const ATTEMPT: AttemptDetail = {
  target: '',
  model: '',
  outcome: 'answered',
  httpStatus: 200,
  error: null,
  durationMs: 0,
  delayMs: 0,
}

/** Packs a task into one text. Members with their own column, and members with their usual value, are left out. */
export function packTask(task: KeptTask): string {
  const { id: _id, tenant: _tenant, facts: _facts, calls, ...rest } = task
  return JSON.stringify({ ...less(rest, TASK), ...(calls.length > 0 && { calls: calls.map(packCall) }) })
}

/** @throws Error if the text, which comes from a file, is damaged. */
export function unpackTask(text: string, known: Pick<KeptTask, 'id' | 'tenant' | 'facts'>): KeptTask {
  const { calls = [], ...rest } = JSON.parse(text)
  return { ...TASK, ...rest, ...known, calls: calls.map(unpackCall) }
}

function packCall(call: CallDetail): object {
  if (call.kind === 'tool') return { ...less(call, TOOL_CALL), kind: 'tool' }
  const { attempts, requestedModel, ...rest } = call
  const [attempt] = attempts
  // Without a route, the only attempt says nothing that the call does not already say.
  const isPlain = attempts.length === 1 && attempt!.outcome === 'answered' && attempt!.model === call.model
  return {
    ...less(rest, MODEL_CALL),
    ...(requestedModel !== call.model && { requestedModel }),
    ...(isPlain ? { target: attempt!.target } : { attempts: attempts.map((attempt) => less(attempt, ATTEMPT)) }),
  }
}

function unpackCall(packed: ReturnType<typeof JSON.parse>): CallDetail {
  if (packed.kind === 'tool') return { ...TOOL_CALL, ...packed }
  const { target, attempts = [], ...rest } = packed
  const call: ModelCallDetail = { ...MODEL_CALL, requestedModel: rest.model, ...rest }
  const { model, httpStatus, durationMs } = call
  const plain = { ...ATTEMPT, target, model, httpStatus, durationMs }
  return {
    ...call,
    attempts: target === undefined ? attempts.map((attempt: object) => ({ ...ATTEMPT, ...attempt })) : [plain],
  }
}

function less(object: object, usual: object): object {
  const some: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(object)) {
    const isUsual = value === usual[name as keyof typeof usual] || isEmpty(value)
    if (!isUsual) some[name] = value
  }
  return some
}

function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
