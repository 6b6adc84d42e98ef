import { globSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export const ROOT = resolve(import.meta.dirname, '../../../..')

/** A fenced block of a page. */
export type Block = {
  /** Path of the page from the root of the repository. */
  readonly page: string
  readonly line: number
  readonly language: string
  readonly text: string
  /** Why no test runs it: from the comment `<!-- not run: reason -->` before it. */
  readonly notRun?: string
  /** Names that the page does not declare, which `given.ts` does: from the comments `<!-- given: ops, app -->` above it. */
  readonly given: readonly string[]
}

const FENCE = /^ {0,3}```(\S*)\s*$/
const COMMENT = /^<!-- (not run|given): (.+) -->$/

/** Every page in Markdown, save the prompts of the agent. */
export const PAGES: readonly string[] = globSync('**/*.md', {
  cwd: ROOT,
  exclude: (path) => /(^|\/)(node_modules|dist|prompts|\..+)$/.test(path),
}).sort()

export const textOf = (page: string): string => readFileSync(resolve(ROOT, page), 'utf8')

/** Made of the sources, which the compiler has read: signatures there are not examples. */
export const isMade = (page: string): boolean => textOf(page).startsWith('<!-- Made by ')

export function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = []
  const given: string[] = []
  let notRun: string | undefined
  let open: { readonly line: number; readonly language: string; readonly lines: string[] } | undefined
  for (const [index, line] of textOf(page).split('\n').entries()) {
    const [isFence, language] = FENCE.exec(line) ?? []
    if (open && isFence !== undefined) {
      const { lines, ...rest } = open
      blocks.push({ page, ...rest, text: lines.join('\n'), given: [...given], ...(notRun !== undefined && { notRun }) })
      open = undefined
      notRun = undefined
    } else if (open) open.lines.push(line)
    else if (isFence !== undefined) open = { line: index + 1, language: language!, lines: [] }
    else {
      const [, kind, value] = COMMENT.exec(line) ?? []
      if (kind === 'given') given.push(...value!.split(', '))
      // A mark is for the block that follows it, with nothing but blank lines between.
      if (kind === 'not run') notRun = value
      else if (line.trim() !== '') notRun = undefined
    }
  }
  return blocks
}

export const placeOf = ({ page, line }: Pick<Block, 'page' | 'line'>): string => `${page}:${line}`
