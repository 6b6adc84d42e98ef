import { MAIN_CJS, MAIN_MJS, PROBE_CJS, PROBE_MJS } from '../programs.ts'
import type { Row } from '../row.ts'

const files = { 'probe.mjs': PROBE_MJS, 'main.mjs': MAIN_MJS, 'probe.cjs': PROBE_CJS, 'main.cjs': MAIN_CJS }
const tried = 'ES modules, CommonJS, SQLite'

/** The package manager itself, in a folder next to the project. */
const bring = (name: string) =>
  ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline', '--prefix', 'tools', name] as const

export const packageManagerRows: readonly Row[] = [
  {
    name: 'pnpm',
    shows: '../tools/node_modules/pnpm',
    files,
    install: ({ tarball, packages }) => [
      bring('pnpm@12'),
      ['tools/node_modules/.bin/pnpm', 'add', tarball, ...packages],
    ],
    run: [
      ['node', 'main.mjs'],
      ['node', 'main.cjs'],
    ],
    tried,
  },
  {
    name: "Yarn's Plug'n'Play",
    shows: '../tools/node_modules/@yarnpkg/cli-dist',
    files: {
      ...files,
      'yarn.lock': '',
      '.yarnrc.yml': 'enableTelemetry: false\nnpmRegistryServer: "https://registry.npmjs.org"\n',
    },
    install: ({ tarball, packages }) => [
      bring('@yarnpkg/cli-dist@4'),
      ['tools/node_modules/.bin/yarn', 'add', `llmops-middleware@file:${tarball}`, ...packages],
    ],
    run: [
      ['tools/node_modules/.bin/yarn', 'node', 'main.mjs'],
      ['tools/node_modules/.bin/yarn', 'node', 'main.cjs'],
    ],
    tried,
  },
]
