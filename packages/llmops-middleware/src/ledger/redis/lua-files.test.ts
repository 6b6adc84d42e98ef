import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

// A bundler carries modules, not files beside them, and tsc copies no .lua; so the scripts travel in a module. The .lua
// files are the ones to edit; `vitest -u` writes the module anew.
it('lua-files.ts carries the .lua files as they are', async () => {
  const names = readdirSync(import.meta.dirname).filter((name) => name.endsWith('.lua'))
  const entries = names.sort().map((name) => `  '${name}': \`${textOf(name)}\`,\n`)
  const moduleText = `/** Written from the .lua files beside it by lua-files.test.ts. */\nexport const luaFiles = {\n${entries.join('')}}\n`
  await expect(moduleText).toMatchFileSnapshot('generated/lua-files.ts')
})

function textOf(name: string): string {
  const text = readFileSync(new URL(name, import.meta.url), 'utf8')
  expect(text, `${name} goes into a template literal as it is`).not.toMatch(/[`\\]|\$\{/)
  return text
}
