import type {
  AccountState,
  Claim,
  CrossedNotice,
  Hold,
  Ledger,
  LimitChange,
  Offer,
  ReserveRequest,
} from '../../src/ledger/ledger.ts'
import type { Period } from '../../src/ledger/period.ts'
import { type Nanos, ZERO } from '../../src/usd.ts'

const HOUR_MS = 3_600_000
const STEPS = 60

type ModelHold = {
  readonly request: ReserveRequest
  readonly hold: Hold
  readonly offer: number
  leaseEndsAtMs: number
  state: 'open' | 'settled' | 'charged' | 'released'
  costNanos: number
  unknownNanos: number
}

/**
 * What a ledger should answer, told in the plainest way: it keeps every hold forever and adds them all up, from the
 * beginning, each time it is asked. Knows hours, days and rolling windows.
 */
export function modelLedger(now: () => number): Ledger {
  const holds: ModelHold[] = []
  const limits: (LimitChange & { readonly setAtMs: number })[] = []
  const notices: { key: string; startMs: number; share: number; atMs: number }[] = []

  function endLeases(): void {
    for (const hold of holds) {
      if (hold.state !== 'open' || hold.leaseEndsAtMs > now()) continue
      hold.state = hold.request.leaseEnd === 'charge' ? 'charged' : 'released'
      hold.costNanos = hold.state === 'charged' ? hold.hold.amountNanos : 0
      hold.unknownNanos = hold.costNanos
    }
  }

  function holdsOn(claim: Pick<Claim, 'account' | 'period'>) {
    return holds.filter(({ hold }) => hold.accounts.some((held) => keyOf(held) === keyOf(claim)))
  }

  function spentOn(
    claim: Pick<Claim, 'account' | 'period'>,
    startMs: number,
    of: 'costNanos' | 'unknownNanos' = 'costNanos',
  ): number {
    return holdsOn(claim)
      .filter(({ hold, state }) => state !== 'open' && countsAt(claim.period, hold.reservedAtMs, startMs, now()))
      .reduce((sum, hold) => sum + hold[of], 0)
  }

  function limitOn(claim: Claim, startMs: number): Nanos {
    const changes = limits.filter((change) => keyOf(change) === keyOf(claim))
    const isInForce = ({ setAtMs }: { setAtMs: number }) =>
      typeof claim.period === 'object'
        ? now() < setAtMs + claim.period.rollingMs
        : startOf(claim.period, setAtMs) === startMs
    const once = changes.findLast((change) => change.lasts === 'period' && isInForce(change))
    const always = changes.findLast(({ lasts }) => lasts === 'always')
    return once?.limitNanos ?? always?.limitNanos ?? claim.limitNanos
  }

  function stateOf(claim: Claim): AccountState {
    const startMs = startOf(claim.period, now())
    const open = holdsOn(claim).filter(
      ({ hold, state }) =>
        state === 'open' && (typeof claim.period === 'object' || startOf(claim.period, hold.reservedAtMs) === startMs),
    )
    return {
      account: claim.account,
      spentNanos: spentOn(claim, startMs) as Nanos,
      unknownNanos: spentOn(claim, startMs, 'unknownNanos') as Nanos,
      heldNanos: open.reduce((sum, { hold }) => sum + hold.amountNanos, 0) as Nanos,
      openHolds: open.length,
      limitNanos: limitOn(claim, startMs),
      resetsAtMs: resetsAt(claim),
    }
  }

  function resetsAt(claim: Claim): number {
    const { period } = claim
    if (typeof period !== 'object') return startOf(period, now()) + lengthOf(period)
    const stepMs = Math.ceil(period.rollingMs / STEPS)
    const spends = holdsOn(claim).filter(
      ({ hold, state, costNanos }) =>
        state !== 'open' && costNanos > 0 && countsAt(period, hold.reservedAtMs, 0, now()),
    )
    if (spends.length === 0) return now()
    const oldestMs = Math.min(...spends.map(({ hold }) => hold.reservedAtMs))
    return (Math.floor(oldestMs / stepMs) + 1) * stepMs + period.rollingMs
  }

  return {
    reserve(request) {
      endLeases()
      const states = () => request.claims.map(stateOf)
      const known = holds.find(({ hold }) => hold.id === request.id)
      if (known !== undefined) {
        if (known.state !== 'open') throw new Error('ended')
        return { granted: true, offer: known.offer, hold: known.hold, accounts: states() }
      }

      const before = states()
      for (const [index, offer] of request.offers.entries()) {
        const isOpen = before.every((state) => !isClosed(offer, state, request.contendedShare))
        const remains = before.map(({ limitNanos, spentNanos, heldNanos }) => limitNanos - spentNanos - heldNanos)
        const isPayable = offer.amountNanos === 0 || remains.every((remain) => remain >= offer.floorNanos)
        const shares = remains.map((remain, claim) =>
          before[claim]!.heldNanos > 0
            ? Math.max(offer.floorNanos, Math.floor(remain * request.contendedShare))
            : remain,
        )
        if (request.whenHeld === 'wait' && isOpen && offer.amountNanos > 0) {
          const isSpent = before.some((state) => state.limitNanos - state.spentNanos < offer.floorNanos)
          const isCut = before.map(
            ({ heldNanos }, claim) =>
              remains[claim]! < offer.floorNanos || (heldNanos > 0 && shares[claim]! < offer.amountNanos),
          )
          if (!isSpent && isCut.includes(true)) {
            return { granted: false, refusedBy: isCut.indexOf(true), reason: 'held', accounts: before }
          }
        }
        if (!isOpen || !isPayable) continue
        const amountNanos = (offer.amountNanos === 0 ? 0 : Math.min(offer.amountNanos, ...shares)) as Nanos
        const accounts = request.claims.map((claim) => ({ ...claim, periodStartMs: startOf(claim.period, now()) }))
        const hold = { id: request.id, amountNanos, reservedAtMs: now(), accounts }
        const leaseEndsAtMs = now() + request.leaseMs
        holds.push({ request, hold, offer: index, leaseEndsAtMs, state: 'open', costNanos: 0, unknownNanos: 0 })
        return { granted: true, offer: index, hold, accounts: states() }
      }

      const last = request.offers.at(-1)!
      const isHopeless = before.map(
        (state) =>
          (last.amountNanos > 0 && state.limitNanos - state.spentNanos < last.floorNanos) ||
          isClosed(last, state, request.contendedShare),
      )
      const isHeld = before.map(
        ({ limitNanos, spentNanos, heldNanos }) => limitNanos - spentNanos - heldNanos < last.floorNanos,
      )
      return isHopeless.includes(true)
        ? { granted: false, refusedBy: isHopeless.indexOf(true), reason: 'spent', accounts: before }
        : { granted: false, refusedBy: isHeld.indexOf(true), reason: 'held', accounts: before }
    },

    settle(hold, amountNanos, unknownNanos = ZERO) {
      endLeases()
      const known = holds.find(({ hold: { id } }) => id === hold.id)
      if (known === undefined) throw new Error('The model is only asked about holds that it made.')
      if (known.state === 'settled') return { outcome: 'duplicate', crossed: [] }
      known.state = 'settled'
      known.costNanos = amountNanos
      known.unknownNanos = unknownNanos

      const crossed: CrossedNotice[] = []
      for (const held of hold.accounts) {
        const key = keyOf(held)
        const { period, account } = held
        const isRolling = typeof period === 'object'
        const startMs = isRolling ? 0 : startOf(period, hold.reservedAtMs)
        if (!isRolling && startMs < startOf(period, now()) - lengthOf(period)) continue
        const spentNanos = spentOn(held, startMs)
        for (const share of held.noticeShares ?? []) {
          const isReported = notices.some(
            (notice) =>
              notice.key === key &&
              notice.share === share &&
              (isRolling ? now() < notice.atMs + period.rollingMs : notice.startMs === startMs),
          )
          if (isReported || spentNanos === 0 || spentNanos < share * limitOn(held, startMs)) continue
          notices.push({ key, startMs, share, atMs: now() })
          crossed.push({ account, period, share })
        }
      }
      return { outcome: 'settled', crossed }
    },

    renew(renewed, leaseMs) {
      endLeases()
      const ids = new Set(renewed.map(({ id }) => id))
      const open = holds.filter(({ hold, state }) => ids.has(hold.id) && state === 'open')
      for (const hold of open) hold.leaseEndsAtMs = now() + leaseMs
      return open.length
    },
    read(claims) {
      endLeases()
      return claims.map(stateOf)
    },
    setLimit(change) {
      limits.push({ ...change, setAtMs: now() })
    },
    close() {},
  }
}

function isClosed(offer: Offer, { spentNanos, heldNanos, limitNanos }: AccountState, contendedShare: number): boolean {
  const { amountNanos, belowShare = Number.POSITIVE_INFINITY, leavesNanos } = offer
  if (spentNanos >= belowShare * limitNanos) return true
  if (leavesNanos === undefined || amountNanos === 0) return false
  const freeNanos = limitNanos - spentNanos - heldNanos
  return amountNanos + leavesNanos > freeNanos || (heldNanos > 0 && amountNanos > freeNanos * contendedShare)
}

function keyOf({ account, period }: Pick<Claim, 'account' | 'period'>): string {
  return `${JSON.stringify(period)} ${account}`
}

/** A rolling window counts a step until the last moment of it has left. */
function countsAt(period: Period, spentAtMs: number, startMs: number, nowMs: number): boolean {
  if (typeof period !== 'object') return startOf(period, spentAtMs) === startMs
  const stepMs = Math.ceil(period.rollingMs / STEPS)
  return (Math.floor(spentAtMs / stepMs) + 1) * stepMs > nowMs - period.rollingMs
}

function startOf(period: Period, atMs: number): number {
  return typeof period === 'object' ? atMs : Math.floor(atMs / lengthOf(period)) * lengthOf(period)
}

function lengthOf(period: Period): number {
  if (period === 'hour') return HOUR_MS
  if (period === 'day') return 24 * HOUR_MS
  throw new Error(`The model does not know the period ${JSON.stringify(period)}.`)
}
