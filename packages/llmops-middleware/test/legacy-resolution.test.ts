import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { expect, it } from 'vitest'

type Entry = string | { readonly types?: string; readonly require?: { readonly types: string } }
type Manifest = {
  readonly main: string
  readonly typesVersions: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>
  readonly exports: Readonly<Record<string, Entry>>
}

// What `nest new` and others still set. It reads no `exports`.
it('an app with `moduleResolution: node` finds the types of each entry point', () => {
  const path = resolve(import.meta.dirname, '../package.json')
  const { main, typesVersions, exports } = JSON.parse(readFileSync(path, 'utf8')) as Manifest
  // Those of the package itself are beside `main`.
  const typed = Object.entries(exports).flatMap(([name, entry]) =>
    typeof entry === 'string' || name === '.' ? [] : [[name.slice(2), [entry.require?.types ?? entry.types]] as const],
  )
  expect(typesVersions['*']).toEqual(Object.fromEntries(typed))
  expect(main).toBe((exports['.'] as { default?: string }).default)
})
