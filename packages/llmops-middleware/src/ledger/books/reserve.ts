import { InvalidOptionError } from '../../errors.ts'
import type { Nanos } from '../../usd.ts'
import type { ReserveRequest, ReserveResult } from '../ledger.ts'
import { advance, stateOf } from './account.ts'
import type { Books, HoldRecord } from './books.ts'
import { decide } from './decide.ts'
import { resolveLeases } from './resolve-leases.ts'

/** Decides and holds; the caller sees to it that nothing happens in between. */
export function reserve(books: Books, request: ReserveRequest): ReserveResult {
  const nowMs = books.nowMs()
  resolveLeases(books, nowMs)
  const { claims } = request
  const known = books.findHold(request.id)
  if (known !== undefined && known.state !== 'open') {
    throw new InvalidOptionError('id', request.id, 'the id of a hold that is open, or a new one')
  }
  const accounts = claims.map((claim) => books.openAccount(claim.account, claim.period, nowMs))
  const states = accounts.map((account, index) => stateOf(account, advance(account, nowMs), claims[index]!, nowMs))
  if (known !== undefined) return { granted: true, offer: known.offer, hold: known.hold, accounts: states }

  const decision = decide(states, request)
  if (!decision.granted) return { ...decision, accounts: states }

  const amountNanos = decision.amountNanos as Nanos
  const held = claims.map((claim, index) => {
    const periodStartMs = typeof claim.period === 'object' ? nowMs : accounts[index]!.current.startMs
    return { ...claim, periodStartMs }
  })
  const record: HoldRecord = {
    hold: { id: request.id, amountNanos, reservedAtMs: nowMs, accounts: held },
    offer: decision.offer,
    leaseMs: request.leaseMs,
    leaseEnd: request.leaseEnd,
    leaseEndsAtMs: nowMs + request.leaseMs,
    state: 'open',
  }
  books.addHold(record)
  for (let index = 0; index < accounts.length; index += 1) {
    const account = accounts[index]!
    account.current.heldNanos += amountNanos
    account.current.openHolds += 1
    account.hasChanged = true
    states[index]!.heldNanos = account.current.heldNanos as Nanos
    states[index]!.openHolds = account.current.openHolds
  }
  return { granted: true, offer: decision.offer, hold: record.hold, accounts: states }
}
