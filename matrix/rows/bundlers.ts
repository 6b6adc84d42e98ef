import { MAIN_MJS, PROBE_MJS } from '../programs.ts'
import type { Row } from '../row.ts'

const files = { 'probe.mjs': PROBE_MJS, 'main.mjs': MAIN_MJS }

export const bundlerRows: readonly Row[] = [
  {
    name: 'esbuild',
    packages: ['esbuild@0.28'],
    files: { ...files, 'wrapped.mjs': MAIN_MJS.replace(/await (.*)\nawait (.*)/, 'void $1.then(() => $2)') },
    run: [
      ['esbuild', 'main.mjs', '--bundle', '--platform=node', '--format=esm', '--outfile=out/main.mjs'],
      ['node', 'out/main.mjs'],
      ['esbuild', 'wrapped.mjs', '--bundle', '--platform=node', '--format=cjs', '--outfile=out/main.cjs'],
      ['node', 'out/main.cjs'],
    ],
    tried: 'a bundle of everything, as ES module and as CommonJS; SQLite',
  },
  {
    name: 'webpack',
    packages: ['webpack@5', 'webpack-cli@6'],
    files: {
      ...files,
      'webpack.config.mjs': `export default {
  mode: 'production', target: 'node22', entry: './main.mjs', output: { filename: 'main.cjs', path: import.meta.dirname + '/out' },
}`,
    },
    run: [
      ['webpack', '--fail-on-warnings'],
      ['node', 'out/main.cjs'],
    ],
    tried: 'a bundle of everything; SQLite',
  },
  {
    name: 'Vite, a build for the server',
    packages: ['vite@8'],
    files: {
      ...files,
      'vite.config.mjs': 'export default { ssr: { noExternal: true }, build: { ssr: "main.mjs", outDir: "out" } }',
    },
    run: [
      ['vite', 'build'],
      ['node', 'out/main.mjs'],
    ],
    tried: 'a bundle of everything; SQLite',
  },
]
