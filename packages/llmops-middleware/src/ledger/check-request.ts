import { InvalidOptionError } from '../errors.ts'
import { checkNanos, type Nanos } from '../usd.ts'
import type { Claim, LimitChange, Offer, ReserveRequest } from './ledger.ts'
import { checkPeriod } from './period.ts'

const LONGEST_LEASE_MS = 86_400_000
const LONGEST_NAME = 2048

/** Checks a request, in every ledger. @throws InvalidOptionError naming the invalid field. */
export function checkReserveRequest(request: ReserveRequest): void {
  checkName(request.id, 'id')
  checkClaims(request.claims)
  if (request.claims.length === 0) throw new InvalidOptionError('claims', [], 'at least one account that pays')
  if (request.offers.length === 0) throw new InvalidOptionError('offers', [], 'at least one amount to hold')
  for (const offer of request.offers) checkOffer(offer)
  checkLeaseMs(request.leaseMs)
  if (request.leaseEnd !== 'charge' && request.leaseEnd !== 'release') {
    throw new InvalidOptionError('leaseEnd', request.leaseEnd, "'charge' or 'release'")
  }
  if (!(request.contendedShare > 0 && request.contendedShare <= 1)) {
    throw new InvalidOptionError('contendedShare', request.contendedShare, 'a share above 0, up to 1')
  }
  if (request.whenHeld !== undefined && request.whenHeld !== 'clamp' && request.whenHeld !== 'wait') {
    throw new InvalidOptionError('whenHeld', request.whenHeld, "'clamp' or 'wait'")
  }
}

export function checkClaims(claims: readonly Claim[]): void {
  for (let index = 0; index < claims.length; index += 1) {
    const claim = claims[index]!
    checkName(claim.account, 'account')
    checkPeriod(claim.period)
    checkNanos(claim.limitNanos, 'limitNanos')
    if (claim.formerly !== undefined) checkName(claim.formerly, 'formerly')
    if (claim.noticeShares !== undefined) checkNoticeShares(claim.noticeShares)
    for (let other = 0; other < index; other += 1) {
      if (isSameAccount(claims[other]!, claim)) {
        throw new InvalidOptionError('claims', claim.account, 'each account and period once')
      }
    }
  }
}

export function checkSettlement(amountNanos: Nanos, unknownNanos: Nanos): void {
  checkNanos(amountNanos, 'amountNanos')
  checkNanos(unknownNanos, 'unknownNanos')
  if (unknownNanos > amountNanos) {
    throw new InvalidOptionError('unknownNanos', unknownNanos, `at most the amount, ${amountNanos}`)
  }
}

export function checkLimitChange(change: LimitChange): void {
  checkName(change.account, 'account')
  checkPeriod(change.period)
  if (change.limitNanos !== undefined) checkNanos(change.limitNanos, 'limitNanos')
  if (change.lasts !== 'period' && change.lasts !== 'always') {
    throw new InvalidOptionError('lasts', change.lasts, "'period' or 'always'")
  }
}

export function checkLeaseMs(leaseMs: number): void {
  if (!Number.isInteger(leaseMs) || leaseMs < 1 || leaseMs > LONGEST_LEASE_MS) {
    throw new InvalidOptionError('leaseMs', leaseMs, 'a whole number of milliseconds from 1 to 86,400,000')
  }
}

function checkOffer(offer: Offer): void {
  checkNanos(offer.amountNanos, 'amountNanos')
  checkNanos(offer.floorNanos, 'floorNanos')
  if (offer.floorNanos > offer.amountNanos) {
    throw new InvalidOptionError('floorNanos', offer.floorNanos, `at most the amount, ${offer.amountNanos}`)
  }
  if (offer.belowShare !== undefined && !(offer.belowShare > 0 && offer.belowShare <= 1)) {
    throw new InvalidOptionError('belowShare', offer.belowShare, 'a share above 0, up to 1')
  }
  if (offer.leavesNanos !== undefined) checkNanos(offer.leavesNanos, 'leavesNanos')
}

function checkNoticeShares(shares: readonly number[]): void {
  for (const share of shares) {
    if (!(share > 0 && share <= 1)) throw new InvalidOptionError('noticeShares', share, 'shares above 0, up to 1')
  }
}

function checkName(name: string, option: string): void {
  if (typeof name !== 'string' || name.length === 0 || name.length > LONGEST_NAME) {
    throw new InvalidOptionError(option, name, `a name of 1 to ${LONGEST_NAME} characters`)
  }
}

function isSameAccount(one: Claim, other: Claim): boolean {
  if (one.account !== other.account) return false
  if (typeof one.period === 'object') {
    return typeof other.period === 'object' && one.period.rollingMs === other.period.rollingMs
  }
  return one.period === other.period
}
