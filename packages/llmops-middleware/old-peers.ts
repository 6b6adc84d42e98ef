import { join } from 'node:path'
import { shared, sources } from '../../vitest.shared.ts'

const OLD_PEERS = {
  'with Express 4, ioredis 5 and undici 6': { express: 'express-4', ioredis: 'ioredis-5', undici: 'undici-6' },
  'with undici 7': { undici: 'undici-7' },
}

/** The tests of what is made of a peer, by the peer's name: they hold for each major that the package accepts. */
const TESTS: Readonly<Record<string, readonly string[]>> = {
  express: ['src/express/*.test.ts', 'src/dashboard/{access,overview,tenants}.test.ts', 'src/mcp/mcp-router.test.ts'],
  ioredis: ['src/ledger/redis/*.test.ts', 'src/route/redis-breaker-bus.test.ts'],
  undici: ['src/transport/*.test.ts'],
}

/** Projects that run those tests again, on the majors that no other test runs on. */
export const oldPeers = Object.entries(OLD_PEERS).map(([name, peers]) => ({
  ...sources,
  root: import.meta.dirname,
  resolve: {
    alias: Object.entries(peers).map(([find, replacement]) => ({ find: new RegExp(`^${find}$`), replacement })),
  },
  test: {
    ...shared,
    name: `llmops-middleware ${name}`,
    include: Object.keys(peers).flatMap((peer) => TESTS[peer]!),
    globalSetup: 'ioredis' in peers ? [join(import.meta.dirname, 'test/support/services.ts')] : [],
  },
}))
