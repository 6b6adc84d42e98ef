import type { CallDetail, KeptTask, TaskRow } from '../../history/index.ts'
import { formatUsd } from '../../usd.ts'

const LONGEST_NAME = 24
const BAR = 24

/** One line a task, the latest first, and why it failed on the line below. */
export function listOf(tasks: readonly TaskRow[]): string {
  if (tasks.length === 0) return 'No tasks.\n'
  const rows = tasks.map((task) => [
    timeOf(task.startedAtMs),
    short(task.tenant),
    outcomeOf(task),
    msOf(task.durationMs),
    usdOf(task.costUsd),
    `${task.modelCalls}+${task.toolCalls}`,
    task.flags.join(','),
    plain(task.id),
  ])
  const head = ['BEGAN', 'TENANT', 'OUTCOME', 'TOOK', 'COST', 'CALLS', 'WHAT', 'ID']
  const lines = aligned([head, ...rows])
  return tasks.reduce(
    (text, { error }, index) => `${text}${lines[index + 1]}\n${error ? `  ${plain(error)}\n` : ''}`,
    `${lines[0]}\n`,
  )
}

/** One task with its calls, on one axis of time. */
export function taskOf(task: KeptTask): string {
  const { id, tenant, name, startedAtMs, durationMs, costUsd, inputTokens, outputTokens, traceId, facts, error } = task
  const facts_ = Object.entries(facts).map(([name, value]) => `${name} ${value}`)
  const lines = [
    `${outcomeOf(task)}  ${name} of ${tenant}, task ${id}`,
    ...(error ? [`  ${error}`] : []),
    `  began ${new Date(startedAtMs).toISOString()}, took ${msOf(durationMs)}, cost ${usdOf(costUsd)}, ${inputTokens} tokens in, ${outputTokens} out`,
    ...(facts_.length > 0 ? [`  ${facts_.join(', ')}`] : []),
    ...(traceId ? [`  trace ${traceId}`] : []),
  ]
  const calls = aligned(task.calls.map((call) => rowOf(call, durationMs)))
  const told = task.calls.flatMap((call, index) => [calls[index]!, ...notesOf(call).map((note) => `      ${note}`)])
  const left = task.callsLeftOut > 0 ? [`  and ${task.callsLeftOut} calls that were not kept`] : []
  return `${[...lines, '', ...told.map((line) => `  ${line}`), ...left].map(plain).join('\n').trimEnd()}\n`
}

function rowOf(call: CallDetail, taskMs: number): readonly string[] {
  const { kind, offsetMs, durationMs, error } = call
  const name = kind === 'model' ? call.model : call.tool
  const cost = kind === 'model' ? usdOf(call.costUsd) : ''
  const outcome = error?.type ?? (kind === 'model' ? call.status : call.status)
  return [barOf(offsetMs, durationMs, taskMs), `+${msOf(offsetMs)}`, kind, short(name), outcome, msOf(durationMs), cost]
}

function notesOf(call: CallDetail): readonly string[] {
  const { error, fault } = call
  const notes = [
    ...(error?.message ? [error.message] : []),
    ...(error?.causes ?? []).map((cause) => `because of ${cause}`),
    ...(fault ? [`fault injected: ${fault}`] : []),
  ]
  if (call.kind === 'tool') {
    const { repairs, fallbacks, answeredBy } = call
    return [
      ...notes,
      ...(repairs.length > 0 ? [`arguments repaired: ${repairs.join(', ')}`] : []),
      ...fallbacks.map(({ tool, error }) => `${tool} failed: ${error}`),
      ...(answeredBy ? [`answered by ${answeredBy}`] : []),
    ]
  }
  const { decision, requestedModel, model, clampedToTokens, attempts, inputTokens, outputTokens } = call
  return [
    ...notes,
    `${inputTokens} tokens in, ${outputTokens} out`,
    ...(decision === 'allow'
      ? []
      : [`budget: ${decision}${clampedToTokens === null ? '' : ` to ${clampedToTokens} tokens`}`]),
    ...(requestedModel === model ? [] : [`asked for ${requestedModel}`]),
    ...(attempts.length > 1 ? attempts.map(attemptOf) : []),
  ]
}

function attemptOf({
  target,
  model,
  outcome,
  httpStatus,
  error,
  durationMs,
}: Extract<CallDetail, { kind: 'model' }>['attempts'][number]) {
  const status = httpStatus === null ? '' : ` ${httpStatus}`
  return `attempt at ${target} (${model}): ${outcome}${status}, ${msOf(durationMs)}${error ? `, ${error}` : ''}`
}

function barOf(offsetMs: number, durationMs: number, taskMs: number): string {
  const at = (ms: number) => Math.min(BAR, Math.round((ms / Math.max(taskMs, 1)) * BAR))
  const start = Math.min(at(offsetMs), BAR - 1)
  const end = Math.max(at(offsetMs + durationMs), start + 1)
  return `${' '.repeat(start)}${'█'.repeat(end - start)}${' '.repeat(BAR - end)}`
}

function outcomeOf({ outcome, reason, class: failedBy }: TaskRow): string {
  return outcome === 'success' ? 'ok' : `FAILED ${reason} (${failedBy})`
}

function timeOf(atMs: number): string {
  return new Date(atMs).toISOString().replace('T', ' ').slice(0, 19)
}

function msOf(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`
}

function usdOf(usd: number): string {
  return usd === 0 ? '$0' : formatUsd(Number(usd.toPrecision(3)))
}

function short(name: string): string {
  return name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME - 1)}…` : name
}

function aligned(rows: readonly (readonly string[])[]): readonly string[] {
  const safe = rows.map((row) => row.map(plain))
  const widths = (safe[0] ?? []).map((_, column) => Math.max(...safe.map((row) => row[column]!.length)))
  return safe.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  )
}

/** Names and sentences come from outside, and a terminal obeys what it prints. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, '?')
}
