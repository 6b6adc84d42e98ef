import { defineConfig } from 'vitest/config'
import { shared, slow, sources } from '../../vitest.shared.ts'

export default defineConfig({
  ...sources,
  test: {
    ...shared,
    ...slow(
      import.meta.dirname,
      [
        'src/app-service/app-service.test.ts',
        'src/app-service/instances.test.ts',
        'src/arm/arm-server.test.ts',
        'src/healing.test.ts',
        'src/identity/managed-identity.test.ts',
        'src/local-web-app.test.ts',
        'src/model/main.test.ts',
        'src/sli-rules.test.ts',
        'src/stories/blind.test.ts',
        'src/stories/instances.test.ts',
        'src/stories/outsiders.test.ts',
      ],
      [
        'src/healer-mutants.test.ts',
        'src/stories/releases.test.ts',
        'src/stories/traffic.test.ts',
        'src/time-to-detect.test.ts',
      ],
    ),
    name: 'local-azure',
    include: ['src/**/*.test.ts'],
    // Of the stories of one file that run side by side, each with a platform of its own.
    maxConcurrency: 4,
  },
})
