import { checkValue, required, where } from '../../check.ts'
import { InvalidOptionError } from '../../errors.ts'
import { type Period, periodName } from '../period.ts'

/**
 * The names of a ledger's keys. `v1` is the layout described in account.lua. A later layout would get other names, so that
 * two releases never read each other's keys.
 *
 *     llmops:{<partition>}:v1:account:<period>:<account>   hash
 *     llmops:{<partition>}:v1:leases:<period>:<account>    sorted set
 *     llmops:{<partition>}:v1:hold:<id>                    string
 *
 * The part in braces decides the slot in a Redis Cluster. Accounts that pay in one step must be in one slot, so they share
 * a partition.
 */
export type RedisKeys = {
  /** @throws InvalidOptionError when the accounts are not all in one partition. */
  partitionOf(accounts: readonly { readonly account: string }[]): string
  hold(partition: string, id: string): string
  account(partition: string, account: string, period: Period): string
  leases(partition: string, account: string, period: Period): string
}

/** A part of the name of a key. */
export const keyPart = where(
  'a text of 1 to 128 characters without braces',
  (value) => typeof value === 'string' && /^[^{}]{1,128}$/.test(value),
)
const PARTITION = required(keyPart)

export function redisKeys(namespace: string, partitionOfAccount: ((account: string) => string) | undefined): RedisKeys {
  const prefixes = new Map<string, string>()

  function prefix(partition: string): string {
    let text = prefixes.get(partition)
    if (text === undefined) {
      text = `llmops:{${partition}}:v1:`
      if (prefixes.size < 1000) prefixes.set(partition, text)
    }
    return text
  }

  return {
    partitionOf(accounts) {
      if (partitionOfAccount === undefined) return namespace
      const partition = partitionOfAccount(accounts[0]!.account)
      for (const { account } of accounts) {
        if (partitionOfAccount(account) !== partition) {
          throw new InvalidOptionError('claims', account, `accounts of one partition; the first is in '${partition}'`)
        }
      }
      checkValue(partition, PARTITION, 'partitionOf(account)')
      return `${namespace}/${partition}`
    },
    hold: (partition, id) => `${prefix(partition)}hold:${id}`,
    account: (partition, account, period) => `${prefix(partition)}account:${periodName(period)}:${account}`,
    leases: (partition, account, period) => `${prefix(partition)}leases:${periodName(period)}:${account}`,
  }
}
