// The sentence that says whether to go back to bed.

import { byId, setText } from './dom.js'
import { count, duration, percent, plain, plural, roughly, short, timeOf, usd } from './format.js'
import { MARKS } from './level.js'

/** The server sends something at least every five seconds. */
const OLD_MS = 7500
const GONE_MS = 15_000
/** Browsers run the timers of a hidden tab once a minute. */
const OLD_UNSEEN_MS = 90_000
/** While nothing has ended for so long, and for longer than tasks take, what runs hangs. */
const HANGS_MS = 30_000

const share = ({ value }) => percent(value)

/** What each tile says of itself when it is the worst, by its worse span. */
const COMPLAINTS = {
  tasks: (span, objective) =>
    `${share(span)} of ${count(span.count)} tasks succeeded, ${plain(percent(objective))} must`,
  tools: (span, objective) =>
    `${share(span)} of ${count(span.count)} tool calls were answered, ${plain(percent(objective))} must be`,
  latency: (span, objective) =>
    `95% of tasks took up to ${duration(span.value)}, ${plain(duration(objective))} is the limit`,
  cost: (span, objective) => `a task costs ${usd(span.value)} in the mean, ${plain(usd(objective))} is the limit`,
}
const HEADLINES = {
  tasks: { bad: 'Tasks are failing', warn: 'More tasks fail than usual' },
  tools: { bad: 'Tools are failing', warn: 'More tool calls fail than usual' },
  latency: { bad: 'Tasks are too slow', warn: 'Tasks are getting slow' },
  cost: { bad: 'Tasks cost too much', warn: 'Tasks are getting dear' },
}
const TILES = Object.keys(HEADLINES)
const RANK = ['unknown', 'good', 'warn', 'bad']

/** What the page can say now: `{ level, sentence, more, isOld }`. */
export function verdictOf({ overview, arrivedAtMs, ageMs, isHidden, trouble, nowMs }) {
  if (!overview) return { level: 'unknown', sentence: trouble ? sentenceOf(trouble) : 'Connecting', isOld: false }
  if (ageMs > (isHidden ? OLD_UNSEEN_MS : OLD_MS)) {
    const sentence = trouble ? sentenceOf(trouble) : ageMs > GONE_MS ? 'The agent is gone' : 'The agent has gone quiet'
    return {
      level: ageMs > GONE_MS || trouble ? 'bad' : 'warn',
      sentence,
      more: `Everything below is as it was at ${timeOf(arrivedAtMs, nowMs)}, ${roughly(ageMs)} ago.`,
      isOld: true,
    }
  }
  return { ...judge(overview), isOld: false }
}

function sentenceOf(trouble) {
  if (trouble.status === 401) return 'The admin token is needed'
  if (trouble.status === 403) return `Not shown here: ${trouble.message}`
  if (trouble.status !== undefined) return `The agent answers, but not with its figures: ${trouble.message}`
  return 'The agent cannot be reached'
}

function judge(overview) {
  const worst = TILES.filter((tile) => overview[tile].judged.level === overview.level)
  const { level } = overview
  if (level === 'bad' || level === 'warn') {
    const said = worst.map((tile) => `${HEADLINES[tile][level]}: ${complaint(tile, overview[tile].judged)}.`)
    return {
      level,
      sentence: said[0] ?? 'Something is wrong.',
      more: [...said.slice(1), ...causes(overview)].join(' '),
    }
  }
  const hanging = hangs(overview)
  if (hanging) return { level: 'warn', sentence: hanging, more: causes(overview).join(' ') }
  const { count: tasks, value } = overview.tasks.judged.last5m
  if (level === 'good') {
    const sentence = `All is well: ${percent(value)} of ${plural(tasks, 'task')} in the last five minutes succeeded.`
    return { level, sentence: value === null ? 'All is well.' : sentence, more: causes(overview).join(' ') }
  }
  const { latestMs, nowMs } = overview.freshness
  const quiet =
    latestMs === null ? 'Nothing has happened yet.' : `Quiet: the last call ended ${roughly(nowMs - latestMs)} ago.`
  const few = `Too few tasks to judge: ${plural(tasks, 'task')} in the last five minutes.`
  return { level, sentence: tasks > 0 ? few : quiet, more: causes(overview).join(' ') }
}

/** A task that waits ends no minute of figures: without a look at what runs, a page is green while everybody waits. */
function hangs({ tasks: { running }, latency, freshness: { nowMs, latestMs } }) {
  const quietMs = Math.min(running.oldestMs ?? 0, latestMs === null ? Number.POSITIVE_INFINITY : nowMs - latestMs)
  if (quietMs < Math.max(HANGS_MS, 2 * (latency.p99Ms ?? 0))) return undefined
  const who = running.count === 1 ? '1 task runs' : `${count(running.count)} tasks run`
  return `No answers: ${who}, and no call has ended for ${roughly(quietMs)}.`
}

function complaint(tile, { last30s, last5m, objective }) {
  const isSudden = RANK.indexOf(last30s.level) >= RANK.indexOf(last5m.level)
  return `${COMPLAINTS[tile](isSudden ? last30s : last5m, objective)} (${isSudden ? 'last 30 seconds' : 'last five minutes'})`
}

function causes(overview) {
  const { service, tasks, tools, level, freshness } = overview
  const { fault } = service
  const isWrong = level === 'bad' || level === 'warn'
  const reason = isWrong ? tasks.reasons[0] : undefined
  return [
    ...(reason
      ? [`Most frequent reason: ${short(reason.reason)} (${reason.class}), ${plural(reason.count, 'time')}.`]
      : []),
    ...(isWrong && tools.judged.level === level ? toolReason(tools) : []),
    ...(fault ? [faultText(fault, freshness.nowMs)] : []),
    ...(freshness.problem ? [`History is not kept: ${freshness.problem}`] : []),
  ]
}

function toolReason({ tools }) {
  const [worst] = tools.toSorted((a, b) => b.error - a.error)
  const [error] = worst?.errors ?? []
  if (error === undefined) return []
  return [`Most failures of tools: ${short(worst.tool)}, ${short(error.type)}, ${plural(error.count, 'time')}.`]
}

function faultText({ mode, probability, endsAtMs }, nowMs) {
  const end = endsAtMs === null ? '' : `, for another ${roughly(endsAtMs - nowMs)}`
  return `A fault is injected on purpose: ${mode} at ${percent(probability)}${end}.`
}

const TITLES = { good: 'fine', warn: 'watch', bad: 'bad', unknown: 'quiet' }
let announced

export function showVerdict(state) {
  const { level, sentence, more = '', isOld } = verdictOf(state)
  const { overview, arrivedAtMs, nowMs } = state
  byId('verdict').className = `verdict ${level}`
  setText(byId('verdict-mark'), MARKS[level])
  setText(byId('verdict-sentence'), sentence)
  setText(byId('verdict-more'), more)
  byId('verdict-more').hidden = more === ''
  const age = overview && !isOld ? `as of ${timeOf(arrivedAtMs, nowMs)}` : ''
  setText(byId('verdict-age'), age)
  document.body.classList.toggle('is-old', isOld)
  const name = overview?.service.name ?? 'Agent'
  if (document.title !== `${MARKS[level]} ${TITLES[level]} · ${name}`)
    document.title = `${MARKS[level]} ${TITLES[level]} · ${name}`
  // A screen reader hears of a change of the level, not of every figure in the sentence.
  const kind = `${level} ${isOld}`
  if (announced !== kind) setText(byId('announcement'), sentence)
  announced = kind
}
