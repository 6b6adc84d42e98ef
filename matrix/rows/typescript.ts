import { MAIN_CTS, MAIN_TS, PROBE_TS } from '../programs.ts'
import type { Command, Row } from '../row.ts'

const STRICT = {
  strict: true,
  exactOptionalPropertyTypes: true,
  target: 'es2022',
  lib: ['es2023', 'esnext.disposable'],
  types: ['node'],
}
const COMPILERS = {
  node16: { module: 'node16', outDir: 'node16' },
  nodenext: { module: 'nodenext', outDir: 'nodenext' },
  bundler: { module: 'esnext', moduleResolution: 'bundler', noEmit: true },
}

/** A package of each module type, compiled in each way; the output is run. */
function folderOf(type: 'module' | 'commonjs'): Record<string, string> {
  const compilers = Object.entries(COMPILERS).map(([name, options]) => [
    `${type}/tsconfig.${name}.json`,
    JSON.stringify({ compilerOptions: { ...STRICT, ...options }, include: ['*.ts'] }),
  ])
  return {
    [`${type}/package.json`]: JSON.stringify({ type }),
    [`${type}/probe.ts`]: PROBE_TS,
    [`${type}/main.ts`]: type === 'module' ? MAIN_TS : MAIN_CTS,
    ...Object.fromEntries(compilers),
  }
}

const compiled = Object.keys(COMPILERS).flatMap((name) =>
  ['module', 'commonjs'].map((type): Command => ['tsc', '-p', `${type}/tsconfig.${name}.json`]),
)
const started = ['module/node16', 'module/nodenext', 'commonjs/node16', 'commonjs/nodenext'].map(
  (folder): Command => ['node', `${folder}/main.js`],
)

export const typeScriptRows: readonly Row[] = ['7', '5.9'].map((version) => ({
  name: `TypeScript ${version}`,
  packages: [`typescript@${version}`, '@types/node@22'],
  files: { ...folderOf('module'), ...folderOf('commonjs') },
  run: [...compiled, ...started],
  tried: '`module` `node16` and `nodenext`, `moduleResolution` `bundler`; strict; packages of both types',
}))

export const tsxRow: Row = {
  name: 'tsx',
  packages: ['tsx@4'],
  manifest: { type: 'module' },
  files: {
    'probe.ts': PROBE_TS,
    'main.ts': MAIN_TS,
    'old/package.json': '{}',
    'old/probe.ts': PROBE_TS,
    'old/main.ts': MAIN_CTS,
  },
  run: [
    ['tsx', 'main.ts'],
    ['tsx', 'old/main.ts'],
  ],
  tried: 'ES modules, CommonJS, SQLite',
}
