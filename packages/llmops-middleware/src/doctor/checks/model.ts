import type { Context } from '../context.ts'
import type { ModelAnswer } from '../models/ask-model.ts'
import { explainRefusal } from '../models/explain-answer.ts'
import type { ModelTarget } from '../models/model-target.ts'
import { type Asked, reasonOf } from '../probes/bounded.ts'
import type { Finding } from '../report.ts'

export async function checkModel(context: Context): Promise<readonly Finding[]> {
  if (context.models.length === 0) return [{ layer: 'model', status: 'skipped', detail: 'no model endpoint is named' }]
  return (await Promise.all(context.models.map((target) => check(context, target)))).flat()
}

async function check(context: Context, target: ModelTarget): Promise<Finding[]> {
  const answers = await context.answersOf(target)
  if (answers === undefined) {
    return [{ layer: 'model', status: 'skipped', detail: `${target.name} was not asked: a layer before it is broken` }]
  }
  const broken = answers.find(({ ok }) => !ok)
  if (broken?.ok === false) return [unreached(broken, target, context)]
  const values = answers.map((answer) => (answer as Asked<ModelAnswer> & { ok: true }).value)
  const refusal = values.find((value) => value.kind === 'refused' || value.kind === 'foreign')
  if (refusal) return refusedBy(refusal, target)
  const words = values.filter((value) => value.kind === 'answered')
  return [words.length > 0 ? latencyOf(words, target, context) : listed(values, target)]
}

function unreached(asked: Asked<never> & { ok: false }, target: ModelTarget, { options }: Context): Finding {
  const isSlow = asked.error.name === 'NoAnswerError'
  return {
    layer: 'model',
    status: 'failed',
    detail: `${target.name} ${isSlow ? `did not answer within ${options.timeoutMs} ms` : `broke off: ${reasonOf(asked.error)}`}`,
    next: 'The connection works and no answer comes: look at the load of the deployment, and at proxies between.',
    ms: asked.ms,
  }
}

function refusedBy(answer: ModelAnswer & { kind: 'refused' | 'foreign' }, target: ModelTarget): Finding[] {
  const refusal = explainRefusal(answer, target)
  // A refused identity is reported by the check of the identity.
  if (refusal.layer === 'identity') {
    return [{ layer: 'model', status: 'skipped', detail: `${target.name} refuses who asks; see identity` }]
  }
  return [{ ...refusal, status: 'failed', data: { status: answer.status, model: target.model } }]
}

function latencyOf(
  words: readonly (ModelAnswer & { kind: 'answered' })[],
  target: ModelTarget,
  { options }: Context,
): Finding {
  const firsts = words.map(({ firstTokenMs }) => firstTokenMs).sort((a, b) => a - b)
  const median = firsts[Math.floor((firsts.length - 1) / 2)]!
  const slowest = firsts.at(-1)!
  const calls = words.length === 1 ? '' : ` (median of ${words.length} calls, slowest ${slowest} ms)`
  const isSlow = median >= options.slowMs
  return {
    layer: 'model',
    status: isSlow ? 'failed' : 'ok',
    detail: `${target.name} ${target.model}: first token after ${median} ms${calls}${isSlow ? `, over ${options.slowMs} ms` : ''}`,
    ...(isSlow && {
      next: 'The model is slow: look at its load, its region and its reasoning effort; --slow-ms moves the bound.',
    }),
    ms: words.reduce((sum, { totalMs }) => sum + totalMs, 0),
    data: {
      model: target.model,
      region: words[0]!.region,
      firstTokenMs: firsts,
      totalMs: words.map(({ totalMs }) => totalMs),
    },
  }
}

function listed(values: readonly ModelAnswer[], target: ModelTarget): Finding {
  const ms = (values[0] as ModelAnswer & { kind: 'listed' }).totalMs
  return {
    layer: 'model',
    status: 'ok',
    detail: `${target.name} lists its models; none was called, since no setting names one (--model)`,
    ms,
  }
}
