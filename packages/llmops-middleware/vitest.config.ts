import { size } from 'test-support/sized'
import { defineConfig } from 'vitest/config'
import { shared, slow, sources } from '../../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    ...slow(
      import.meta.dirname,
      [
        'src/budget/clamp.test.ts',
        'src/cli/commands/aliases.test.ts',
        'src/ledger/ledger.property.test.ts',
        'src/ledger/redis/redis-cluster.test.ts',
        'src/ledger/redis/redis-ledger.test.ts',
        'src/ledger/redis/redis-outage.test.ts',
        'src/route/redis-breaker-bus.test.ts',
        'test/differential/differential.test.ts',
        'test/doctor/layers.test.ts',
        'test/doctor/packages.test.ts',
        'test/doctor/reachability.test.ts',
        'test/billing/generated-search.test.ts',
        'test/dashboard/bundled.test.ts',
        'test/dashboard/live-page.test.ts',
        'test/dashboard/page.test.ts',
        'test/overspend/overspend.test.ts',
        'test/register/register.test.ts',
        'test/register/sdks.test.ts',
        'test/tasks/dropped-answers.test.ts',
        'test/pages/pages.test.ts',
        'test/readme.test.ts',
      ],
      ['src/route/soak.test.ts'],
    ),
    name: 'llmops-middleware',
    include: ['src/**/*.test.ts', 'test/**/*.test.ts'],
    // Redis and Chromium, which nothing of the fast ones needs.
    globalSetup: size === 'fast' ? [] : ['test/support/services.ts', '../test-support/src/chromium.ts'],
  },
})
