import { existsSync, readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { isBuiltin } from 'node:module'
import { join, relative } from 'node:path'
import { type Block, ROOT } from './blocks.ts'

const IMPORT = /^import (.+) from '(.+)'$/gm
const DECLARED =
  /^(?:export )?(?:async )?(?:const|let|function|class|type|interface) (?:(\w+)|\{([^}]+)\}|\[([^\]]+)\])/gm
const GIVEN = join(import.meta.dirname, 'given.ts')

/** Packages in whose place an example may stand: the first that has all that it imports. */
const HOSTS = ['packages/llmops-middleware', 'examples', 'packages/local-azure', 'packages/promotion']

export type Module = { readonly block: Block; readonly file: string }

/**
 * The examples of pages as modules. On each page as a reader goes through it: a block has the names that earlier blocks
 * imported or declared, and those of `given.ts` that the page asks for; each name is the latest of it.
 */
export class Modules {
  readonly #folders = new Map<string, string>()
  readonly written: Module[] = []

  async write(blocks: readonly Block[]): Promise<void> {
    /** The file to import a name from, or the line that imports it, by the name. */
    const known = new Map<string, { readonly file: string } | { readonly line: string }>()
    const given = new Set<string>()
    for (const block of blocks) {
      for (const name of block.given.filter((name) => !given.has(name))) {
        given.add(name)
        known.set(name, { file: GIVEN })
      }
      const imported = importsOf(block.text)
      const declared = declaredIn(block.text)
      const used = new Set(block.text.match(/\b[A-Za-z_]\w*\b/g))
      const needed = [...known].filter(([name]) => used.has(name) && !imported.has(name) && !declared.includes(name))
      const lines = needed.flatMap(([, from]) => ('line' in from ? from.line : []))
      const folder = await this.#folderFor([...block.text.matchAll(IMPORT), ...lines.join('\n').matchAll(IMPORT)])
      const name = `${block.page.replaceAll(/\W/g, '-')}-${block.line}`
      const file = join(folder, `${name}.${block.language === 'js' ? 'mjs' : 'ts'}`)
      for (const [name, from] of needed) if ('file' in from) lines.push(importOf(name, from.file, folder))
      await writeFile(file, [...lines, block.text, exportsOf(declared, block.text), ''].join('\n'))
      this.written.push({ block, file })
      for (const [name, line] of imported) known.set(name, { line })
      for (const name of declared) known.set(name, { file })
    }
  }

  async remove(): Promise<void> {
    for (const folder of this.#folders.values()) await rm(folder, { recursive: true })
  }

  async #folderFor(imports: readonly RegExpMatchArray[]): Promise<string> {
    const names = imports.map(([, , from]) => packageOf(from!))
    const host = HOSTS.find((host) => names.every((name) => hasPackage(host, name)))
    if (host === undefined) throw new Error(`No package has all of ${names.join(', ')}; see HOSTS in modules.ts.`)
    const folder = this.#folders.get(host) ?? (await mkdtemp(join(ROOT, host, 'pages-')))
    this.#folders.set(host, folder)
    return folder
  }
}

const packageOf = (from: string) =>
  from
    .split('/')
    .slice(0, from.startsWith('@') ? 2 : 1)
    .join('/')

function hasPackage(host: string, name: string): boolean {
  if (isBuiltin(name)) return true
  const { name: own } = JSON.parse(readFileSync(join(ROOT, host, 'package.json'), 'utf8')) as { name: string }
  return own === name || [host, '.'].some((folder) => existsSync(join(ROOT, folder, 'node_modules', name)))
}

function importOf(name: string, file: string, folder: string): string {
  const path = relative(folder, file).replaceAll('\\', '/')
  return `import { ${name} } from '${path.startsWith('.') ? path : `./${path}`}'`
}

function exportsOf(declared: readonly string[], text: string): string {
  const is = (kind: string, name: string) => new RegExp(`^${kind} ${name}\\b`, 'm').test(text)
  const exported = declared.filter((name) => !is('export \\w+(?: function)?', name))
  return `export { ${exported.map((name) => (is('(?:type|interface)', name) ? `type ${name}` : name)).join(', ')} }`
}

/** Each imported name with an import of it alone. */
function importsOf(text: string): ReadonlyMap<string, string> {
  const imports = new Map<string, string>()
  for (const [, what, from] of text.matchAll(IMPORT)) {
    const [, before = '', inside] = /^([^{]*?),? ?(?:\{ (.+) \})?$/.exec(what!) ?? []
    if (before !== '') imports.set(before.replace(/^\* as |^type /, ''), `import ${before} from '${from}'`)
    for (const name of inside?.split(', ') ?? []) {
      imports.set(name.replace(/^type |^\w+ as /g, ''), `import { ${name} } from '${from}'`)
    }
  }
  return imports
}

function declaredIn(text: string): readonly string[] {
  const names: string[] = []
  for (const [, name, fields, elements] of text.matchAll(DECLARED)) {
    const parts = name === undefined ? (fields ?? elements)!.split(',') : [name]
    names.push(...parts.map((part) => part.replace(/^.*:|=.*$|^\s*\.\.\./g, '').trim()).filter((part) => part !== ''))
  }
  return names
}
