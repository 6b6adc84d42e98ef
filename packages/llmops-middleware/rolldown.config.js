// Some fifty files of JavaScript in place of five hundred: most of what importing the package took was opening them.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { defineConfig } from 'rolldown'

const { bin, exports } = JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8'))
const sources = Object.values(exports).flatMap((entry) => entry['llmops-source'] ?? [])
const input = [...sources, bin.llmops.replace('/dist/', '/src/').replace('.js', '.ts')]

export default defineConfig({
  cwd: import.meta.dirname,
  // dist/budget/index.js for src/budget/index.ts, as `exports` says.
  input: Object.fromEntries(input.map((file) => [file.replace(/^\.\/src\/|\.ts$/g, ''), file])),
  platform: 'node',
  external: /^[^./]/,
  output: {
    dir: 'dist',
    cleanDir: true,
    sourcemap: true,
    // As deep as the entries, for what is found beside `dist`: the page of the dashboard, package.json.
    chunkFileNames: 'parts/[name]-[hash].js',
  },
})
