import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readPageFiles } from './page-files.ts'

const files = readPageFiles()
const require = createRequire(import.meta.url)

it('serves what the document refers to, with its type and an ETag', () => {
  const named = Array.from(files.index.body.toString().matchAll(/(?:href|src)="page\/([^"]+)"/g), (match) => match[1]!)
  expect(named.length).toBeGreaterThan(4)
  for (const name of named)
    expect(files.get(name)?.headers).toMatchObject({ etag: expect.stringMatching(/^"[\w-]{22}"$/) })
  expect(files.get('main.js')?.headers['content-type']).toBe('text/javascript; charset=utf-8')
})

it('serves nothing from outside its folder', () => {
  for (const name of ['../page-files.ts', '..%2fpage-files.ts', '/etc/passwd', '__proto__', 'constructor', '']) {
    expect(files.get(name)).toBeUndefined()
  }
})

it('has the chart library as its authors publish it, with its licence', () => {
  const folder = join(require.resolve('uplot/package.json'), '..')
  const published = (path: string) => readFileSync(join(folder, path), 'utf8')
  expect(files.get('uplot.js')?.body.toString()).toBe(published('dist/uPlot.iife.min.js'))
  expect(files.get('uplot.css')?.body.toString()).toBe(published('dist/uPlot.min.css'))
  expect(files.get('uplot-LICENSE.txt')?.body.toString()).toBe(published('LICENSE'))
})
