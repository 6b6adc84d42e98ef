import type { Claim } from './ledger.ts'

/** Returns claims, without notices, on the accounts that earlier releases charged instead, where their names differ. */
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
