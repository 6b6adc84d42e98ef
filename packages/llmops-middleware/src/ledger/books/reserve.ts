import { InvalidOptionError } from '../../errors.ts'
import type { Nanos } from '../../usd.ts'
import { formerAccounts } from '../former-accounts.ts'
import type { Claim, Hold, ReserveRequest, ReserveResult } from '../ledger.ts'
import { type Account, advance, isOfEarlierRelease, stateOf } from './account.ts'
import type { Books, HoldRecord } from './books.ts'
import { decide } from './decide.ts'
import { resolveLeases } from './resolve-leases.ts'

/** Decides and holds. The caller must make sure that no other operation runs in between. */
export function reserve(books: Books, request: ReserveRequest): ReserveResult {
  const nowMs = books.nowMs()
  resolveLeases(books, nowMs)
  const { claims } = request
  const known = books.findHold(request.id)
  if (known !== undefined && known.state !== 'open') {
    throw new InvalidOptionError('id', request.id, 'the id of a hold that is open, or a new one')
  }
  const claimed = claims.map((claim) => openClaimed(books, claim, nowMs))
  const formers = known ? formersIn(known.hold, claims) : formersThatPay(books, claims, claimed, nowMs)
  const paying = formers.length === 0 ? claims : [...claims, ...formers]
  const accounts =
    formers.length === 0
      ? claimed
      : [...claimed, ...formers.map((claim) => books.openAccount(claim.account, claim.period, nowMs))]
  const states = accounts.map((account, index) => stateOf(account, advance(account, nowMs), paying[index]!, nowMs))
  if (known !== undefined) return { granted: true, offer: known.offer, hold: known.hold, accounts: states }

  const decision = decide(states, request)
  if (!decision.granted) return { ...decision, accounts: states }

  const amountNanos = decision.amountNanos as Nanos
  const held = paying.map((claim, index) => {
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

function openClaimed(books: Books, claim: Claim, nowMs: number): Account {
  const account = books.openAccount(claim.account, claim.period, nowMs)
  const current = advance(account, nowMs)
  if (claim.formerly === undefined) {
    current.earlierAtMs = nowMs
    account.hasChanged = true
  }
  return account
}

/** Returns all former accounts if an earlier release began the tenant's period, else those whose period it began. */
function formersThatPay(
  books: Books,
  claims: readonly Claim[],
  accounts: readonly Account[],
  nowMs: number,
): readonly Claim[] {
  const formers = formerAccounts(claims)
  if (formers.length === 0) return formers
  const isShared = accounts.some(
    ({ name, current }, index) => claims[index]!.formerly === name && isOfEarlierRelease(current, nowMs),
  )
  return isShared ? formers : formers.filter((former) => wasBegunEarlier(books, former, nowMs))
}

/** Returns the former accounts that a hold contains after those of the claims. */
function formersIn({ accounts }: Hold, claims: readonly Claim[]): readonly Claim[] {
  return accounts.slice(claims.length)
}

function wasBegunEarlier(books: Books, { account, period }: Claim, nowMs: number): boolean {
  const former = books.findAccount(account, period)
  return former !== undefined && isOfEarlierRelease(advance(former, nowMs), nowMs)
}
