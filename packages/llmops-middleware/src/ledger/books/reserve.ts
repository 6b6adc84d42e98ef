import { InvalidOptionError } from '../../errors.ts'
import type { Nanos } from '../../usd.ts'
import type { AccountState, Claim, HeldAccount, ReserveRequest, ReserveResult } from '../ledger.ts'
import { type Account, advance, limitOf, resetsAtMs } from './account.ts'
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
  const states = accounts.map((account, index) => stateOf(account, claims[index]!, nowMs))
  if (known !== undefined) return { granted: true, offer: known.offer, hold: known.hold, accounts: states }

  const decision = decide(states, request)
  if (!decision.granted) {
    return { granted: false, refusedBy: decision.refusedBy, reason: decision.reason, accounts: states }
  }

  const amountNanos = decision.amountNanos as Nanos
  const record: HoldRecord = {
    hold: { id: request.id, amountNanos, reservedAtMs: nowMs, accounts: claims.map(heldAccount) },
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

  function heldAccount(claim: Claim, index: number): HeldAccount {
    const { account, period, limitNanos, noticeShares } = claim
    const periodStartMs = typeof period === 'object' ? nowMs : accounts[index]!.current.startMs
    return noticeShares === undefined
      ? { account, period, limitNanos, periodStartMs }
      : { account, period, limitNanos, noticeShares, periodStartMs }
  }
}

function stateOf(
  account: Account,
  claim: Claim,
  nowMs: number,
): { -readonly [Field in keyof AccountState]: AccountState[Field] } {
  const period = advance(account, nowMs)
  return {
    account: claim.account,
    spentNanos: period.spentNanos as Nanos,
    heldNanos: period.heldNanos as Nanos,
    openHolds: period.openHolds,
    limitNanos: limitOf(account, period, claim.limitNanos, nowMs),
    resetsAtMs: resetsAtMs(period, nowMs),
  }
}
