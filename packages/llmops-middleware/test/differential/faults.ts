import { fc } from 'test-support/generated'
import { bodyOf, eventsOf, type FormatName, type Script, sent, type Transfer } from './answers.ts'
import type { Sdk } from './sdks.ts'
import { type Style, type WireAnswer, type WireEvent, written } from './wire-answer.ts'

/** What goes wrong with an answer. `at` is a share of its events, or of its bytes. */
export type Fault =
  | { readonly kind: 'control'; readonly at: number; readonly place: number }
  | { readonly kind: 'malformed' | 'missing' | 'doubled' | 'swapped'; readonly at: number }
  | { readonly kind: 'error'; readonly at: number; readonly error: number; readonly goesOn: boolean }
  | { readonly kind: 'cut' | 'reset'; readonly at: number }

const at = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true })

export const fault: fc.Arbitrary<Fault> = fc.oneof(
  fc.record({
    kind: fc.constantFrom('malformed' as const, 'missing' as const, 'doubled' as const, 'swapped' as const),
    at,
  }),
  fc.record({ kind: fc.constant('control' as const), at, place: at }),
  fc.record({ kind: fc.constant('error' as const), at, error: fc.nat(9), goesOn: fc.boolean() }),
  fc.record({ kind: fc.constantFrom('cut' as const, 'reset' as const), at }),
)

/** Whether a part of what the provider sent cannot be read, or never came. A whole answer has no events to be doubled. */
export function isUnread({ isStream }: Sdk, { kind }: Fault): boolean {
  const isCutBody = !isStream && kind !== 'error'
  return (
    isCutBody || kind === 'malformed' || kind === 'control' || kind === 'cut' || kind === 'reset' || kind === 'missing'
  )
}

/** Whether the provider says its error in an event at which no SDK throws, so that the event itself is all that is seen. */
export function isFailedEvent({ format }: Sdk, fault: Fault): boolean {
  if (fault.kind !== 'error') return false
  return ERRORS[format][fault.error % ERRORS[format].length]!.event === 'response.failed'
}

type Cut = Extract<Fault, { kind: 'cut' | 'reset' }>
const isCut = (fault: Fault): fault is Cut => fault.kind === 'cut' || fault.kind === 'reset'

/** The answer with its fault. */
export function spoiled(sdk: Sdk, script: Script, style: Style, transfer: Transfer, fault: Fault): WireAnswer {
  if (!sdk.isStream) return spoiledBody(sdk.format, script, transfer, fault)
  const type = 'text/event-stream'
  const events = eventsOf(sdk.format, script)
  if (isCut(fault)) {
    return cut(sent(written(events, style), type, { ...transfer, hasLength: false }), fault)
  }
  return sent(written(spoiledEvents(sdk.format, events, fault), style), type, transfer)
}

function spoiledBody(format: FormatName, script: Script, transfer: Transfer, fault: Fault): WireAnswer {
  const text = JSON.stringify(bodyOf(format, script))
  const type = 'application/json'
  switch (fault.kind) {
    case 'cut':
    case 'reset':
      return cut(sent(text, type, { ...transfer, hasLength: false }), fault)
    case 'error':
      return sent(JSON.stringify(ERRORS[format][fault.error % ERRORS[format].length]!.data), type, transfer)
    case 'missing':
      return sent('', type, transfer)
    default:
      return sent(text.slice(0, Math.floor(text.length * fault.at)), type, transfer)
  }
}

function spoiledEvents(format: FormatName, events: readonly WireEvent[], fault: Exclude<Fault, Cut>): WireEvent[] {
  const index = Math.floor(events.length * fault.at)
  const event = events[index]!
  const before = events.slice(0, index)
  const after = events.slice(index + 1)
  switch (fault.kind) {
    case 'missing':
      return [...before, ...after]
    case 'doubled':
      return [...before, event, event, ...after]
    case 'swapped':
      return [...before, ...after.slice(0, 1), event, ...after.slice(1)]
    case 'malformed': {
      const text = JSON.stringify(event.data)
      return [...before, { ...event, data: text.slice(0, Math.floor(text.length * (0.2 + fault.at / 2))) }, ...after]
    }
    // No JSON has one, wherever it stands.
    case 'control': {
      const text = JSON.stringify(event.data)
      const place = Math.floor(text.length * fault.place)
      return [...before, { ...event, data: `${text.slice(0, place)}\u0001${text.slice(place)}` }, ...after]
    }
    case 'error': {
      const error = ERRORS[format][fault.error % ERRORS[format].length]!
      return [...before, error, ...(fault.goesOn ? after : [])]
    }
  }
}

/** The first part of what would have been sent. */
function cut(answer: WireAnswer, { kind, at }: Fault): WireAnswer {
  const body = Buffer.concat(answer.pieces)
  const piece = body.subarray(0, Math.floor(body.length * at))
  return { ...answer, pieces: [piece], ending: kind === 'reset' ? 'reset' : 'end' }
}

const upstream = { message: 'Upstream is down', type: 'server_error', code: 'upstream' }
const quota = { message: 'You exceeded your current quota', type: 'insufficient_quota', code: 'insufficient_quota' }

/** The provider's own errors, in every form that an SDK of the format tells as one. */
const ERRORS: Readonly<Record<FormatName, readonly WireEvent[]>> = {
  chat: [
    { data: { error: upstream } },
    { data: { error: quota } },
    { data: { choices: [], error: upstream } },
    { data: { choices: null, error: upstream } },
    {
      data: { id: 'c', choices: [{ index: 0, delta: { content: '' }, finish_reason: 'error' }], error: { code: 502 } },
    },
    { event: 'error', data: { error: upstream } },
  ],
  responses: [
    { event: 'error', data: { type: 'error', code: 'server_error', message: 'Upstream is down', sequence_number: 1 } },
    { event: 'error', data: { type: 'error', error: upstream, sequence_number: 1 } },
    { data: { error: upstream } },
    {
      event: 'response.failed',
      data: {
        type: 'response.failed',
        sequence_number: 9,
        response: { id: 'resp_1', object: 'response', status: 'failed', error: upstream, output: [], usage: null },
      },
    },
  ],
  messages: [
    {
      event: 'error',
      data: { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' }, request_id: 'req_1' },
    },
    { event: 'error', data: { type: 'error', error: { type: 'api_error', message: 'Internal server error' } } },
  ],
}
