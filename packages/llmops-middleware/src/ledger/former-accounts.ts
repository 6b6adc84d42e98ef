import type { Claim } from './ledger.ts'

/** The accounts that earlier releases charged, where those are others: as claims that report nothing. */
export function formerAccounts(claims: readonly Claim[]): readonly Claim[] {
  let formers: Claim[] | undefined
  for (const { account, formerly, period, limitNanos } of claims) {
    if (formerly === undefined || formerly === account) continue
    formers ??= []
    formers.push({ account: formerly, period, limitNanos })
  }
  return formers ?? NONE
}

const NONE: readonly Claim[] = []
