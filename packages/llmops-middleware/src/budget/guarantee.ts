import { periodName } from '../ledger/index.ts'
import { PAGE_TEXT_TOKENS } from '../model/index.ts'
import { percent } from '../percent.ts'
import { PICTURE_USD } from '../pricing/index.ts'
import { CALLS_BESIDE, FALLBACK_TOKENS } from './offers.ts'
import type { BudgetSettings } from './options.ts'

/** Pictures and sound are billed by what they are, and their rules are not all documented. */
const MEDIA =
  'Media: a picture of DALL·E holds its price by size and quality, one of GPT Image the most output tokens of low, medium ' +
  'and high quality (in proportion to its pixels where it is larger, four times those of high for ' +
  'finer ones, 100 more for each partial picture) and for each picture it is given 65 tokens, 129 a tile and 6,240: what a ' +
  'newer model counts above that is not held, nor are frames of an animation and the text that a model writes for a ' +
  'drawing. Speech holds its characters or, by the token, 4 tokens of sound for a byte and 250, which slower speech passes; ' +
  'nothing but plain samples and MP3 tells what it was. A recording holds its seconds by the frames of WAV and MP3, of another file ' +
  'those that its bytes can be at 6 kbit a second (silence can be longer), or 20 tokens a second and 2,000 of an answer, for ' +
  'every 30 seconds where the provider cuts it; an answer that tells no seconds is charged those. These calls are neither ' +
  'clamped nor moved to a cheaper model.'

/** What the budget guarantees as it is configured, a line a promise. `ledgerBound` is what its ledger says of itself. */
export function explainGuarantee(settings: BudgetSettings, ledgerBound: string | undefined): string {
  const { period, scopes, downshift, waitForHoldsMs, minOutputTokens, contendedShare } = settings
  const accounts = [
    `tenant a ${periodName(period)}`,
    ...scopes.map((scope) => `${scope.scope} a ${periodName(scope.period)}`),
  ]
  return [
    `Accounts: one a ${accounts.join(', one a ')}; a call is made only if every one of its accounts can pay, and always if it costs nothing.`,
    overshoot(settings),
    INPUT,
    MEDIA,
    downshifts(downshift),
    `Clamp: a cap is cut to what is left, down to ${minOutputTokens} tokens, and the answer's header ` +
      'x-llmops-max-output-tokens tells of it.',
    `Contention: a call that open holds keep from its whole cap waits up to ${waitForHoldsMs} ms for them before it is ` +
      `clamped, moved or refused.${sharing(contendedShare)}`,
    unknownOutcomes(settings),
    cutStreams(settings),
    BACKGROUND,
    UNKNOWN,
    ...(ledgerBound === undefined ? [] : [ledgerBound]),
    UNSEEN,
    ledgerFailure(settings),
    journal(settings),
  ].join('\n')
}

function downshifts({ at, to }: BudgetSettings['downshift']): string {
  const moves = Object.entries(to).map(([model, cheaper]) => `${model} to ${cheaper}`)
  if (moves.length === 0) return 'Downshift: none is configured.'
  return (
    `Downshift: once ${percent(at)} of a limit is spent, calls go from ${moves.join(', from ')}, as they do where only the ` +
    'cheaper model can be paid: calls of the same format and operation that cost less on it.'
  )
}

const UNKNOWN =
  'Shown apart: what is charged without being known is `unknownUsd` of `budget.read`, which is the most that the ledger ' +
  'counts above the bill for want of an answer, `task.totals.unknownUsd`, and `agent.cost.unknown.usd`.'

const INPUT =
  'Input: a call holds the bytes of its text or what `countTokens` says, its pictures by their size (the most that one ' +
  'can count, where only an address or id is there), 10 or 32 tokens for a second of speech, and for a page of a PDF a ' +
  `picture and ${PAGE_TEXT_TOKENS} tokens of text, which a page with more text passes. It holds for what it only ` +
  'refers to (earlier answers, files) what the newest 10,000 answers of this process, or with the Redis ledger those of ' +
  'a day, said of it, else the context of the ' +
  'model; with other documents or tools that the provider runs, that context; never more. Not held: a context more for each ' +
  'time that a provider reads it again within one call (for its own tools, or to compact it), what others add ' +
  'meanwhile to a conversation or stored prompt that the call refers to, searches above 10 for each tool whose request ' +
  'bounds them by no `max_uses` or `max_tool_calls`, containers for code beyond one for each tool that asks for one, ' +
  `pictures beyond one of $${PICTURE_USD} for each tool that makes them, ` +
  'the price of a tier, speed or region that a project sets and no request asks for, and the price of a dearer model that answers ' +
  'unasked, as behind a deployment that `deployments` does not name. Not charged: a container that no call of the answer ' +
  'shows.'

const BACKGROUND =
  'Background: a response with `background: true` is held until its lease ends, then is an unknown outcome like that of a ' +
  'process that died, until this process retrieves or cancels it and is told its usage: then it counts that. Remembered are ' +
  'the newest 10,000 that this process began; what other processes retrieve corrects nothing, ' +
  'nor does what was begun while the ledger did not answer or paid from a slice of `localShare`.'

const UNSEEN =
  'Unseen: what no `fetch` sees is not counted: WebSockets (realtime, Responses over one), SDKs with an HTTP client of their ' +
  'own; nor is what `unknownEndpoints` lets pass, which `agent.model.ungoverned` counts. `budget.charge` counts such money.'

function sharing(contendedShare: number): string {
  if (contendedShare === 1) return ''
  return ` While other calls are open one call then holds at most ${percent(contendedShare)} of what is left.`
}

function overshoot(settings: BudgetSettings): string {
  return (
    'Overshoot: $0 for every call whose output cap the provider obeys and whose context it reads once, with any number of ' +
    `processes on one ledger. ${withoutCap(settings)}`
  )
}

function withoutCap({ defaultMaxOutputTokens }: BudgetSettings): string {
  if (defaultMaxOutputTokens !== undefined) {
    return `A request without a cap gets one of ${defaultMaxOutputTokens} tokens for each answer.`
  }
  return (
    'A request without a cap gets none and holds the most that its model is documented to answer, or its context where ' +
    `that is not documented; where so much leaves no room for ${CALLS_BESIDE} calls of ${FALLBACK_TOKENS} tokens, it gets a ` +
    `cap of ${FALLBACK_TOKENS}, which is told as a clamp. The limit is passed by what a model answers beyond its documented ` +
    'maximum.'
  )
}

function unknownOutcomes({ unknownOutcome, leaseMs }: BudgetSettings): string {
  const who = 'Unknown outcomes: a call of which nothing tells what it cost'
  switch (unknownOutcome) {
    case 'estimate':
      return (
        `${who} counts the most that one of the last 200 answered calls of its tenant and model counted, and until one was ` +
        'answered its whole hold; its bill can be higher by what is left of its hold, which is not counted. One whose ' +
        `process died counts its whole hold, ${leaseMs} ms later.`
      )
    case 'charge':
      return `${who} counts its whole hold, and so does one whose process died, ${leaseMs} ms later. Such a call is never counted too low.`
    case 'release':
      return `${who} counts nothing, and neither does one whose process died, ${leaseMs} ms later. Overshoot is then up to the worst case of each such call.`
  }
}

function cutStreams({ cutStream }: BudgetSettings): string {
  return cutStream === 'charge'
    ? 'Cut answers: one that was left or cut, or cannot be read, counts its whole hold. Overshoot $0.'
    : 'Cut answers: one that was left or cut, or cannot be read, counts what was delivered, by the tokens that answered ' +
        'calls of its tenant and model had for as much, and until one was answered the most that it can be. The provider ' +
        'may bill what it generated until it noticed, or input of which less came from a cache; that much, for each such ' +
        'call, is not counted. A stream of a model that reasons unseen is an unknown outcome.'
}

function ledgerFailure({ ledgerFailure }: BudgetSettings): string {
  return ledgerFailure === 'closed'
    ? 'When the ledger fails: closed. No call is made that nobody counts; overshoot $0.'
    : 'When the ledger fails: open. Each process admits calls up to the limit, counted from what it last knew. ' +
        'Overshoot is at most what was left of the limit then, once for each process but one (for an account it never ' +
        'saw, the whole limit once for each process), plus what others held.'
}

function journal({ journalFolder }: BudgetSettings): string {
  const survives = journalFolder
    ? `They survive the process in ${journalFolder}, not a power cut.`
    : 'They are in memory alone: those of a process that ends meanwhile are resolved by the lease, if the ledger knew the call at all.'
  return `Settlements that the ledger cannot take are kept, up to 100,000, and told to it within a second of its return. ${survives}`
}
