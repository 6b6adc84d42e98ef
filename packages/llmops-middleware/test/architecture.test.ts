import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { entryPoints } from './support/entry-points.ts'

const SRC = resolve(import.meta.dirname, '../src')

/** The entry points that list a part of a folder: those of one file name it, so that what it loads is loaded by nobody else. */
const LISTS = new Set(entryPoints().filter((path) => path.startsWith(join(SRC, 'public'))))

type Import = { readonly from: string; readonly to: string }

const imports: readonly Import[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => join(SRC, file))
  .flatMap((from) => importsOf(from).map((specifier) => ({ from, to: resolve(dirname(from), specifier) })))

/** Types too: what only describes another concept depends on it all the same. */
function importsOf(file: string): readonly string[] {
  const text = readFileSync(file, 'utf8')
  return Array.from(text.matchAll(/^(?:import|export)\b[^'"]*?\bfrom '(\.[^']+)'/gms), (match) => match[1]!)
}

/** The outermost folder with an `index.ts` that holds the file and not the importer: it is entered through that file. */
function faceBetween({ from, to }: Import): string | undefined {
  let face: string | undefined
  for (let folder = dirname(to); folder !== SRC; folder = dirname(folder)) {
    if (existsSync(join(folder, 'index.ts')) && !from.startsWith(`${folder}/`)) face ??= join(folder, 'index.ts')
  }
  return face
}

/** The folder of a concept, or a file beside them, such as `task.ts`. */
const conceptOf = (file: string) => relative(SRC, file).split('/')[0]!

describe('the concepts of the package', () => {
  it('are read here, with what they import', () => {
    expect(imports.length).toBeGreaterThan(500)
    expect(imports.map(({ to }) => to).filter((path) => !existsSync(path))).toEqual([])
  })

  it('reach another concept through its index.ts, or are a list of what users import', () => {
    const bypasses = imports.filter((edge) => {
      const face = faceBetween(edge)
      return face !== undefined && face !== edge.to && !LISTS.has(edge.from)
    })
    expect(bypasses.map(({ from, to }) => `${relative(SRC, from)} -> ${relative(SRC, to)}`)).toEqual([])
  })

  it('depend on each other in one direction', () => {
    const edges = new Map<string, Set<string>>()
    for (const { from, to } of imports) {
      const [importer, imported] = [conceptOf(from), conceptOf(to)]
      if (importer === imported) continue
      edges.set(importer, (edges.get(importer) ?? new Set()).add(imported))
    }
    expect(cyclesOf(edges)).toEqual([])
  })
})

function cyclesOf(edges: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  const cycles = new Set<string>()
  const visit = (concept: string, path: readonly string[]) => {
    if (path.includes(concept)) {
      const cycle = path.slice(path.indexOf(concept))
      if (cycle[0] === [...cycle].sort()[0]) cycles.add([...cycle, concept].join(' -> '))
      return
    }
    for (const next of edges.get(concept) ?? []) visit(next, [...path, concept])
  }
  for (const concept of edges.keys()) visit(concept, [])
  return [...cycles]
}
