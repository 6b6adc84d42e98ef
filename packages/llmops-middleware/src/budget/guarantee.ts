import { periodName } from '../ledger/index.ts'
import { PAGE_TEXT_TOKENS } from '../model/index.ts'
import { percent } from '../percent.ts'
import { PICTURE_USD } from '../pricing/index.ts'
import { CALLS_BESIDE, FALLBACK_TOKENS } from './offers.ts'
import type { BudgetSettings } from './options.ts'

const count = (value: number) => value.toLocaleString('en-US')

/** How images, speech and recordings are held. Not all rules by which providers bill them are documented. */
const MEDIA =
  'Media: an image by DALL·E holds its price by size and quality. An image by GPT Image holds the most output tokens of ' +
  'low, medium and high quality (in proportion to its pixels if it is larger, four times those of high quality for finer ' +
  'qualities, plus 100 for each partial image), and for each input image 65 tokens, 129 per tile and 6,240. Not held: what ' +
  'a newer model counts above that, the frames of an animation, and the text that a model writes for a drawing. ' +
  'Speech holds its characters or, if billed by the token, 4 audio tokens per byte plus 250; slower speech exceeds that, ' +
  'and its length is known afterwards only for PCM and MP3. A recording holds its seconds, counted by the frames of WAV ' +
  'and MP3; for another file, the seconds that its bytes can last at 6 kbit/s (silence can last longer). If billed by the ' +
  'token, it holds 20 input tokens per second and 2,000 output tokens per answer, of which there is one for every 30 ' +
  'seconds where the provider splits the recording. An answer that reports no seconds is charged those that were held. ' +
  'These calls are neither clamped nor moved to a cheaper model.'

/** Returns what the budget guarantees as it is configured, one promise per line. `ledgerBound` is the ledger's own line. */
export function explainGuarantee(settings: BudgetSettings, ledgerBound: string | undefined): string {
  const { period, scopes, downshift, waitForHoldsMs, minOutputTokens, contendedShare } = settings
  const accounts = [
    `tenant per ${periodName(period)}`,
    ...scopes.map((scope) => `${scope.scope} per ${periodName(scope.period)}`),
  ]
  return [
    `Accounts: one per ${accounts.join(', one per ')}. A call is made only if all of its accounts can pay, and always if it costs nothing.`,
    overshoot(settings),
    INPUT,
    MEDIA,
    downshifts(downshift),
    `Clamp: a cap is cut to what is left, down to ${count(minOutputTokens)} tokens. The response header ` +
      'x-llmops-max-output-tokens then has the lower cap.',
    `Contention: a call blocked only by open holds waits up to ${count(waitForHoldsMs)} ms for them to be released before ` +
      `it is clamped, moved or refused.${sharing(contendedShare)}`,
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
    `Downshift: once ${percent(at)} of a limit is spent, or where only the cheaper model can be paid, calls go from ` +
    `${moves.join(', from ')}. Only calls move whose format and operation the cheaper model supports at a lower cost.`
  )
}

const UNKNOWN =
  'Unknown amounts: what is charged without being known is shown as `unknownUsd` of `budget.read`, as ' +
  '`task.totals.unknownUsd` and as `agent.cost.unknown.usd`. It is the most by which the ledger can exceed the bill.'

const INPUT =
  'Input: a call holds the bytes of its text or the result of `countTokens`, its images by their size (the most that one ' +
  'image can count, where only an address or id is given), 10 or 32 tokens per second of audio, and per page of a PDF an ' +
  `image and ${count(PAGE_TEXT_TOKENS)} tokens of text, which a page with more text exceeds. For content that it only ` +
  'refers to (earlier answers, files) it holds the size that the newest 10,000 answers of this process reported (with the ' +
  'Redis ledger, the answers of a day), else the context of the model. With other documents, or with tools that the ' +
  'provider runs, it holds that context. It never holds more than the context. Not held: a context more for each ' +
  'time that a provider reads it again within one call (for its own tools, or to compact it); what others add meanwhile ' +
  'to a conversation or stored prompt that the call refers to; searches above 10 for each tool that the request does not ' +
  'limit by `max_uses` or `max_tool_calls`; code containers beyond one for each tool that asks for one; ' +
  `images beyond one of $${PICTURE_USD} for each tool that generates them; the price of a tier, speed or region that is ` +
  'set for the project and not in the request; and the price of a dearer model that answers unasked, as behind a ' +
  'deployment that `deployments` does not contain. Not charged: a container that does not appear in the answer.'

const BACKGROUND =
  'Background: a response with `background: true` is held until its lease ends. It is then an unknown outcome, like a call ' +
  'whose process died, until this process retrieves or cancels it and learns its usage, which replaces the charge. This ' +
  'process remembers the newest 10,000 that it started. The charge is not corrected by what other processes retrieve, ' +
  'nor for a response that was started while the ledger did not answer or paid from a slice of `localShare`.'

const UNSEEN =
  'Not seen: calls that do not go through `fetch` are not counted: WebSockets (realtime, or Responses over one) and SDKs ' +
  'with their own HTTP client; nor are calls that `unknownEndpoints` lets pass, whose number is ' +
  '`agent.model.ungoverned`. Use `budget.charge` to count such money.'

function sharing(contendedShare: number): string {
  if (contendedShare === 1) return ''
  return ` While other calls are open, one call then holds at most ${percent(contendedShare)} of what is left.`
}

function overshoot(settings: BudgetSettings): string {
  return (
    'Overshoot: $0 for every call whose output cap the provider obeys and whose context it reads once, with any number of ' +
    `processes on one ledger. ${withoutCap(settings)}`
  )
}

function withoutCap({ defaultMaxOutputTokens }: BudgetSettings): string {
  if (defaultMaxOutputTokens !== undefined) {
    return `A request without a cap gets a cap of ${count(defaultMaxOutputTokens)} tokens for each answer.`
  }
  return (
    'A request without a cap gets none, and holds the documented maximum output of its model, or the context where no ' +
    `maximum is documented. If that leaves no room for ${CALLS_BESIDE} calls of ${count(FALLBACK_TOKENS)} tokens, it gets ` +
    `a cap of ${count(FALLBACK_TOKENS)}, which is reported as a clamp. Output beyond the documented maximum of a model ` +
    'can exceed the limit.'
  )
}

function unknownOutcomes({ unknownOutcome, leaseMs }: BudgetSettings): string {
  const subject = 'Unknown outcomes: a call whose cost cannot be determined'
  const later = `${count(leaseMs)} ms later`
  switch (unknownOutcome) {
    case 'estimate':
      return (
        `${subject} counts as much as the dearest of the last 200 answered calls of its tenant and model, or its whole hold ` +
        'until one was answered. Its bill can be higher, up to its hold; the difference is not counted. A call whose ' +
        `process died counts its whole hold, ${later}.`
      )
    case 'charge':
      return `${subject} counts its whole hold, and so does a call whose process died, ${later}. Such a call is never counted too low.`
    case 'release':
      return `${subject} counts nothing, and neither does a call whose process died, ${later}. Overshoot is then up to the worst case of each such call.`
  }
}

function cutStreams({ cutStream }: BudgetSettings): string {
  return cutStream === 'charge'
    ? 'Cut answers: an answer that was aborted or cut, or that cannot be read, counts its whole hold. Overshoot $0.'
    : 'Cut answers: an answer that was aborted or cut, or that cannot be read, counts what was delivered, at the ratio of ' +
        'tokens to text in answered calls of its tenant and model, or at the highest possible ratio until one was answered. ' +
        'The provider may bill what it generated until it noticed the abort, or more uncached input; that difference is not ' +
        'counted. A stream of a model with hidden reasoning is an unknown outcome.'
}

function ledgerFailure({ ledgerFailure }: BudgetSettings): string {
  return ledgerFailure === 'closed'
    ? 'When the ledger fails: closed. Calls that cannot be counted are refused; overshoot $0.'
    : 'When the ledger fails: open. Each process admits calls up to the limit, counted from what it last knew. ' +
        'Overshoot is at most what was left of the limit then, once for each process but one (for an account that it never ' +
        'saw, the whole limit once for each process), plus what others held.'
}

function journal({ journalFolder }: BudgetSettings): string {
  const survives = journalFolder
    ? `They survive the end of the process in ${journalFolder}, but not a power cut.`
    : 'They are kept in memory only: if the process ends meanwhile, the lease resolves them, unless the ledger never knew the call.'
  return `Settlements that the ledger cannot take are kept, up to 100,000, and sent to it within a second of its return. ${survives}`
}
