/** What helps, by how the answer of Redis, or of ioredis for it, begins. */
const HELP: Readonly<Record<string, string>> = {
  NOAUTH: 'Give the connection the password of this server.',
  WRONGPASS: 'Correct the user or the password of the connection.',
  NOPERM: 'Allow this user the commands EVAL and EVALSHA, and the keys that begin with `llmops:`.',
  READONLY: 'This server is a replica: connect to the primary.',
  MOVED: 'This server is part of a cluster: connect by `new Cluster(nodes)` of ioredis.',
  CLUSTERDOWN: 'The cluster has lost the nodes of these keys, or was never given its slots: see `CLUSTER INFO`.',
  CROSSSLOT: 'Accounts that pay in the same step need the same `partitionOf`.',
  OOM: 'Redis is full: raise `maxmemory`, and keep the policy `noeviction`.',
  MISCONF: 'Redis cannot write its snapshot: free its disk, or see its log.',
  LOADING: 'Redis still loads its data: retry soon.',
  'ERR unknown command': 'This server has no scripts: use Redis 7 or later.',
  'Connection is closed': 'This connection was ended by `quit()` or `disconnect()`: make a new one.',
  "Stream isn't writeable": 'The server cannot be reached now, and `enableOfflineQueue` is off.',
  'Reached the max retries': 'The server cannot be reached now.',
}

export function helpFor(message: string): { readonly help?: string } {
  const known = Object.entries(HELP).find(([beginning]) => message.startsWith(beginning))
  return known === undefined ? {} : { help: known[1] }
}
