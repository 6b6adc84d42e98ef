import { lookup } from 'node:dns/promises'
import { BlockList, isIP } from 'node:net'

export type AddressKind = 'loopback' | 'private' | 'link-local' | 'public'

const RANGES: readonly (readonly [AddressKind, string, number, 'ipv4' | 'ipv6'])[] = [
  ['loopback', '127.0.0.0', 8, 'ipv4'],
  ['loopback', '::1', 128, 'ipv6'],
  ['private', '10.0.0.0', 8, 'ipv4'],
  ['private', '172.16.0.0', 12, 'ipv4'],
  ['private', '192.168.0.0', 16, 'ipv4'],
  // Carrier-grade NAT (RFC 6598); clouds use this range internally too.
  ['private', '100.64.0.0', 10, 'ipv4'],
  ['private', 'fc00::', 7, 'ipv6'],
  ['link-local', '169.254.0.0', 16, 'ipv4'],
  ['link-local', 'fe80::', 10, 'ipv6'],
]

const LISTS = new Map<AddressKind, BlockList>()
for (const [kind, network, prefix, family] of RANGES) {
  const list = LISTS.get(kind) ?? new BlockList()
  list.addSubnet(network, prefix, family)
  LISTS.set(kind, list)
}

export function kindOf(address: string): AddressKind {
  const bare = address.replace(/^\[|\]$|%.*$/g, '')
  const family = isIP(bare) === 6 ? 'ipv6' : 'ipv4'
  for (const [kind, list] of LISTS) if (list.check(bare, family)) return kind
  return 'public'
}

/** The addresses that a connection of Node's would try, in their order. */
export async function addressesOf(hostname: string): Promise<readonly string[]> {
  const name = hostname.replace(/^\[|\]$/g, '')
  if (isIP(name)) return [name]
  return (await lookup(name, { all: true })).map(({ address }) => address)
}
