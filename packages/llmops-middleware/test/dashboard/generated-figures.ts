import type {
  CallDetail,
  Decisions,
  FailureClass,
  Judged,
  Mark,
  ModelCallDetail,
  Overview,
  Series,
  TaskDetail,
  TenantFigures,
  ToolCallDetail,
  WindowName,
} from '../../src/dashboard/contract.ts'
import { Random } from '../support/broken-arguments.ts'

export type Generated = { overview: Overview; tenants: TenantFigures[]; tasks: TaskDetail[] }

export type Generate = {
  readonly seed: number
  readonly window: WindowName
  readonly nowMs: number
  readonly tenantNames?: readonly string[]
  /** A bad release: promoted, failing, and swapped back. @default none */
  readonly incident?: { readonly fromMs: number; readonly toMs: number } | undefined
}

const STEPS: Readonly<Record<WindowName, { readonly points: number; readonly stepMs: number }>> = {
  '5m': { points: 60, stepMs: 5000 },
  '1h': { points: 60, stepMs: 60_000 },
  '24h': { points: 96, stepMs: 900_000 },
}
const TENANTS = ['contoso', 'fabrikam', 'northwind', 'adventure-works', 'tailspin', 'wingtip', 'litware', 'proseware']
const REASONS: readonly (readonly [string, FailureClass])[] = [
  ['no_answer', 'agent'],
  ['no_target_available', 'provider'],
  ['budget_exceeded', 'caller'],
  ['deadline_exceeded', 'agent'],
  ['client_disconnected', 'caller'],
]

/** Figures that agree with each other, as the real ones do: tiles are the sums of their series. */
export function generate({ seed, window, nowMs, tenantNames = TENANTS, incident }: Generate): Generated {
  const random = new Random(seed)
  const { points, stepMs } = STEPS[window]
  const startMs = Math.floor(nowMs / stepMs) * stepMs - (points - 1) * stepMs
  const tasksAPoint = (stepMs / 60_000) * (180 + random.below(120))
  const series = seriesOf(random, { startMs, stepMs, points, tasksAPoint, incident })
  const tenants = tenantsOf(random, tenantNames, nowMs)
  const overview = overviewOf(random, { window, nowMs, series, incident })
  const tasks = Array.from({ length: 60 }, (_, index) => taskOf(random, nowMs - index * 2300, index, tenantNames))
  return { overview, tenants, tasks }
}

type SeriesShape = {
  readonly startMs: number
  readonly stepMs: number
  readonly points: number
  readonly tasksAPoint: number
  readonly incident: Generate['incident']
}

function seriesOf(random: Random, { startMs, stepMs, points, tasksAPoint, incident }: SeriesShape): Series {
  const columns = {
    succeeded: [] as number[],
    failedAgent: [] as number[],
    failedProvider: [] as number[],
    failedCaller: [] as number[],
    p50Ms: [] as number[],
    p95Ms: [] as number[],
    p99Ms: [] as number[],
    costUsd: [] as number[],
    inputTokens: [] as number[],
    outputTokens: [] as number[],
    toolOk: [] as number[],
    toolFallback: [] as number[],
    toolError: [] as number[],
    allow: [] as number[],
    clamp: [] as number[],
    downshift: [] as number[],
    block: [] as number[],
  }
  for (let index = 0; index < points; index++) {
    const atMs = startMs + index * stepMs
    const isBroken = incident !== undefined && atMs >= incident.fromMs && atMs < incident.toMs
    const ended = Math.round(tasksAPoint * (0.8 + 0.4 * random.next()) * (0.85 + 0.15 * Math.sin(index / 9)))
    const failedAgent = isBroken ? Math.round(ended * 0.45) : random.below(ended * 0.02)
    const failedProvider = random.below(ended * 0.02)
    const failedCaller = random.below(ended * 0.02)
    const p50 = (isBroken ? 2100 : 900) + random.below(200)
    columns.failedAgent.push(failedAgent)
    columns.failedProvider.push(failedProvider)
    columns.failedCaller.push(failedCaller)
    columns.succeeded.push(ended - failedAgent - failedProvider - failedCaller)
    columns.p50Ms.push(p50)
    columns.p95Ms.push(p50 * (2.2 + random.next() * 0.3))
    columns.p99Ms.push(p50 * (3.2 + random.next()))
    columns.costUsd.push(ended * (0.003 + 0.001 * random.next()))
    columns.inputTokens.push(ended * (900 + random.below(300)))
    columns.outputTokens.push(ended * (120 + random.below(60)))
    columns.toolOk.push(ended - Math.round(failedAgent / 2))
    columns.toolFallback.push(random.below(ended * 0.1))
    columns.toolError.push(Math.round(failedAgent / 2))
    columns.allow.push(ended * 2)
    columns.clamp.push(random.below(ended * 0.04))
    columns.downshift.push(random.below(ended * 0.1))
    columns.block.push(failedCaller)
  }
  return { startMs, stepMs, ...columns }
}

const sum = (column: readonly (number | null)[]) => column.reduce<number>((total, value) => total + (value ?? 0), 0)

type OverviewShape = {
  readonly window: WindowName
  readonly nowMs: number
  readonly series: Series
  readonly incident: Generate['incident']
}

function overviewOf(random: Random, { window, nowMs, series, incident }: OverviewShape): Overview {
  const failed = {
    agent: sum(series.failedAgent),
    provider: sum(series.failedProvider),
    caller: sum(series.failedCaller),
  }
  const succeeded = sum(series.succeeded)
  const ended = succeeded + failed.agent + failed.provider + failed.caller
  const costUsd = sum(series.costUsd)
  const decisions: Decisions = {
    allow: sum(series.allow),
    clamp: sum(series.clamp),
    downshift: sum(series.downshift),
    block: sum(series.block),
  }
  const tools = toolsOf(random, series)
  const tasksAMs = ended / (series.stepMs * series.succeeded.length)
  const judged = (value: number, objective: number) => judgedOf(random, tasksAMs, value, objective)
  return {
    window,
    freshness: {
      nowMs,
      sinceMs: nowMs - 9 * 86_400_000,
      latestMs: nowMs - random.below(900),
      keptIn: 'file',
      problem: null,
    },
    service: {
      name: 'Tarn & Fell support agent',
      facts: { instance: 'a1f3', slot: 'production', release: 'v41', model: 'gpt-5.4-mini' },
      links: [{ label: 'Workbook', href: 'https://portal.azure.com/#workbook' }],
      canSetLimits: true,
      scopes: ['user'],
      hasBudget: true,
      fault: null,
    },
    level: 'good',
    tasks: {
      judged: judged(0.984, 0.95),
      ended,
      succeeded,
      failed,
      reasons: reasonsOf(failed),
      otherReasons: 0,
      running: { count: 3, oldestMs: 1800 },
    },
    latency: {
      judged: judged(2150 + random.below(400), 10_000),
      meanMs: 1240 + random.below(100),
      p50Ms: 940 + random.below(100),
      p95Ms: 2240 + random.below(100),
      p99Ms: 4310 + random.below(100),
    },
    cost: {
      judged: judged(0.0034 + random.next() * 0.0004, 0.02),
      usd: costUsd,
      perTaskUsd: ended === 0 ? null : costUsd / ended,
      unknownUsd: costUsd * random.next() * 0.02,
    },
    tokens: {
      input: sum(series.inputTokens),
      output: sum(series.outputTokens),
      cachedInput: Math.round(sum(series.inputTokens) * random.next()),
    },
    tools: { ...tools, judged: judged(0.993, 0.95) },
    models: {
      models: [
        {
          model: 'gpt-5.4-mini',
          calls: decisions.allow + decisions.clamp,
          failed: failed.provider,
          inputTokens: Math.round(sum(series.inputTokens) * 0.93),
          outputTokens: Math.round(sum(series.outputTokens) * 0.9),
          costUsd: costUsd * 0.97,
          meanMs: 612 + random.below(200),
          errors: [
            { type: 'http_429', count: failed.provider - (failed.provider >> 2) },
            { type: 'http_503', count: failed.provider >> 2 },
          ].filter(({ count }) => count > 0),
        },
        {
          model: 'gpt-5.4-nano',
          calls: decisions.downshift,
          failed: 0,
          inputTokens: Math.round(sum(series.inputTokens) * 0.07),
          outputTokens: Math.round(sum(series.outputTokens) * 0.1),
          costUsd: costUsd * 0.03,
          meanMs: 402 + random.below(100),
          errors: [],
        },
      ],
      others: 0,
    },
    decisions,
    repairs: { free: random.below(4000), asked: random.below(400) },
    series,
    marks: marksOf(incident),
  }
}

function reasonsOf(failed: Overview['tasks']['failed']): Overview['tasks']['reasons'] {
  const rows = REASONS.map(([reason, who], index) => {
    const isFirstOfTwo = REASONS.some(([, other], place) => place > index && other === who)
    const hasTwo = REASONS.filter(([, other]) => other === who).length === 2
    const all = failed[who]
    return { reason, class: who, count: !hasTwo ? all : isFirstOfTwo ? all - (all >> 2) : all >> 2 }
  })
  return rows.filter(({ count }) => count > 0).sort((a, b) => b.count - a.count)
}

function toolsOf(random: Random, series: Series): Omit<Overview['tools'], 'judged'> {
  const [ok, fallback, error] = [sum(series.toolOk), sum(series.toolFallback), sum(series.toolError)]
  const tools = ['lookup', 'get_order', 'convert_currency', 'create_ticket'].map((tool, index, all) => {
    const part = (value: number) => (index === 0 ? value - (all.length - 1) * (value >> 3) : value >> 3)
    const figures = { ok: part(ok), fallback: part(fallback), error: part(error) }
    const timeouts = figures.error >> 1
    return {
      tool,
      ...figures,
      calls: figures.ok + figures.fallback + figures.error,
      meanMs: 40 + random.below(400),
      errors: [
        { type: 'tool_timeout', count: figures.error - timeouts },
        { type: 'invalid_result', count: timeouts },
      ].filter(({ count }) => count > 0),
    }
  })
  return { calls: ok + fallback + error, ok, fallback, error, tools, others: 0 }
}

function judgedOf(random: Random, tasksAMs: number, value: number, objective: number): Judged {
  const span = (ms: number) => {
    const near = value * (0.998 + 0.002 * random.next())
    return { level: 'good', value: near, count: Math.round(tasksAMs * ms) } as const
  }
  return { level: 'good', last30s: span(30_000), last5m: span(300_000), objective }
}

function marksOf(incident: Generate['incident']): readonly Mark[] {
  if (!incident) return []
  const { fromMs, toMs } = incident
  return [
    { atMs: toMs, endsAtMs: null, kind: 'swap', label: 'v41 serves again' },
    { atMs: fromMs + 50_000, endsAtMs: toMs + 40_000, kind: 'breach', label: 'task success 54.2% of 95%' },
    { atMs: fromMs, endsAtMs: null, kind: 'promotion', label: 'v42 (9f3c)' },
  ]
}

function tenantsOf(random: Random, names: readonly string[], nowMs: number): TenantFigures[] {
  const tenants = names.map((tenant, index): TenantFigures => {
    const limitUsd = [50, 20, 200, 5][index % 4]!
    const share = Math.max(0, 1.04 - index * 0.13) * (0.9 + random.next() * 0.1)
    const spentUsd = limitUsd * share
    const forecastUsd = spentUsd * (1.05 + random.next() * 0.5)
    const runsOut = share < 1 && forecastUsd > limitUsd
    return {
      tenant,
      spentUsd,
      heldUsd: limitUsd * 0.02 * random.next(),
      unknownUsd: 0,
      limitUsd,
      share,
      level: share >= 1 ? 'bad' : share >= 0.8 || runsOut ? 'warn' : 'good',
      resetsAtMs: nowMs + 4 * 86_400_000,
      forecastUsd,
      runsOutAtMs: runsOut ? nowMs + random.below(4 * 86_400_000) : null,
      tasks: random.below(9000),
      failed: random.below(60),
      costUsd: spentUsd * random.next(),
    }
  })
  return tenants.sort((a, b) => (b.share ?? 0) - (a.share ?? 0))
}

function taskOf(random: Random, endedAtMs: number, index: number, tenants: readonly string[]): TaskDetail {
  const kind = index % 9
  const failure = kind === 2 ? REASONS[1]! : kind === 5 ? REASONS[0]! : undefined
  const calls: CallDetail[] = [
    modelCall(random, 0, { decision: kind === 3 ? 'downshift' : 'allow' }),
    toolCall(random, 640, kind === 4 ? 'fallback' : kind === 5 ? 'error' : 'ok'),
    modelCall(random, 820, failure?.[1] === 'provider' ? { fails: true } : kind === 6 ? { decision: 'clamp' } : {}),
  ]
  const durationMs = Math.max(...calls.map((call) => call.offsetMs + call.durationMs)) + 4
  const models = calls.filter((call) => call.kind === 'model')
  return {
    id: `task-${(random.next() * 2 ** 48).toString(36)}`,
    tenant: tenants[index % tenants.length]!,
    name: 'support-agent',
    startedAtMs: endedAtMs - durationMs,
    durationMs,
    outcome: failure ? 'failure' : 'success',
    reason: failure?.[0] ?? null,
    class: failure?.[1] ?? null,
    error: failure
      ? failure[1] === 'provider'
        ? PROVIDER_SAYS
        : 'lookup found nothing that answers the question.'
      : null,
    modelCalls: models.length,
    toolCalls: calls.length - models.length,
    inputTokens: models.reduce((total, call) => total + call.inputTokens, 0),
    outputTokens: models.reduce((total, call) => total + call.outputTokens, 0),
    costUsd: models.reduce((total, call) => total + call.costUsd, 0),
    flags: flagsOf(kind),
    unknownUsd: 0,
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
    conversationId: index % 2 === 0 ? `conversation-${index}` : null,
    scopes: { user: 'ada' },
    facts: { release: 'v41', instance: 'a1f3' },
    calls,
    callsLeftOut: 0,
    links: [{ label: 'Open the trace', href: 'https://portal.azure.com/#trace' }],
  }
}

const PROVIDER_SAYS =
  'Requests have exceeded the token rate limit of your current pricing tier. Retry after 26 seconds.'

function flagsOf(kind: number): TaskDetail['flags'] {
  if (kind === 2) return ['retry']
  if (kind === 3) return ['downshift']
  if (kind === 4) return ['fallback', 'repair']
  if (kind === 6) return ['clamp']
  return []
}

type ModelChanges = { readonly decision?: keyof Decisions; readonly fails?: boolean }

function modelCall(
  random: Random,
  offsetMs: number,
  { decision = 'allow', fails = false }: ModelChanges,
): ModelCallDetail {
  const durationMs = 400 + random.below(900)
  const model = decision === 'downshift' ? 'gpt-5.4-nano' : 'gpt-5.4-mini'
  const attempt = { model, durationMs: Math.round(durationMs / 3), delayMs: 0 }
  const refused = { ...attempt, outcome: 'retry', httpStatus: 429, error: 'http_429', delayMs: 250 }
  return {
    kind: 'model',
    offsetMs: offsetMs + random.below(40),
    durationMs,
    model,
    requestedModel: 'gpt-5.4-mini',
    provider: 'azure.ai.openai',
    status: fails ? 'failed' : 'completed',
    httpStatus: fails ? 429 : 200,
    error: fails ? { type: 'http_429', message: PROVIDER_SAYS, causes: ['ECONNREFUSED: connect 10.0.0.4:443'] } : null,
    fault: null,
    spanId: '00f067aa0ba902b7',
    attempts: fails
      ? [
          { ...refused, target: 'sweden' },
          { ...refused, target: 'france', outcome: 'failed', delayMs: 0 },
        ]
      : [{ ...attempt, target: 'sweden', outcome: 'answered', httpStatus: 200, error: null }],
    isStream: true,
    inputTokens: fails ? 0 : 900 + random.below(400),
    outputTokens: fails ? 0 : 60 + random.below(300),
    cachedInputTokens: fails ? 0 : random.below(800),
    costUsd: fails ? 0 : 0.0008 + random.next() * 0.001,
    firstTokenMs: fails ? null : 180 + random.below(100),
    decision,
    clampedToTokens: decision === 'clamp' ? 256 : null,
  }
}

function toolCall(random: Random, offsetMs: number, status: ToolCallDetail['status']): ToolCallDetail {
  return {
    kind: 'tool',
    offsetMs,
    durationMs: 60 + random.below(120),
    tool: 'lookup',
    status,
    answeredBy: status === 'fallback' ? 'search_snapshot' : null,
    error: status === 'error' ? { type: 'no_tool_available', message: 'No function answered.', causes: [] } : null,
    fault: null,
    spanId: '53995c3f42cd8ad8',
    repairs: status === 'fallback' ? ['spelling'] : [],
    fallbacks: status === 'ok' ? [] : [{ tool: 'help_centre', error: 'tool_timeout' }],
  }
}
