import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { isMade, PAGES, ROOT, textOf } from './blocks.ts'
import { checkCommand, isCommand, ownOptions } from './commands.ts'
import { readShell } from './shell.ts'

const BLOCK = /^ {0,3}```[\s\S]*?^ {0,3}```/gm
const CODE = /(?<!`)`([^`]+)`(?!`)/g

/** Names that pages use and no file here has: those of others, and those that this project makes of other names. */
const OTHERS = [
  'OTEL_TRACES_EXPORTER',
  'PaymentRequiredError',
  'TokenCostControl',
  'consumeSseStream',
  'customEvents',
  'list_changed',
  'looseObject',
  'pmpt_',
]
const MADE = ['agent_task_latency_seconds', ...settingsOfTheRegister()]
/** Options of programs of others. */
const OTHERS_OPTIONS = [
  '--preload',
  '--purge',
  '--mode',
  '--project',
  '--global',
  '--yes',
  '--filter',
  '--frozen-lockfile',
  '--check',
]

const sentences = PAGES.map((page) => ({ page, text: textOf(page).replaceAll(BLOCK, '') }))
const code = sentences.flatMap(({ page, text }) =>
  Array.from(text.matchAll(CODE), ([, span]) => ({ page, span: span!.replaceAll(/\s+/g, ' ') })),
)

describe('in the sentences of each page', () => {
  it('a link leads to a file, or to a heading of it', () => {
    const links = sentences.flatMap(({ page, text }) =>
      Array.from(text.replaceAll(CODE, '').matchAll(/\]\(([^)\s]+)\)/g), ([, link]) => ({ page, link: link! })),
    )
    const dead = links.filter(({ page, link }) => !leadsSomewhere(page, link))
    expect(dead).toEqual([])
    expect(links.length).toBeGreaterThan(100)
    expect(leadsSomewhere('README.md', 'docs/faq.md#no-such-question')).toBe(false)
    expect(leadsSomewhere('docs/faq.md', 'no-such-page.md')).toBe(false)
  })

  it('a command is taken as it is typed', async () => {
    const commands = code.filter(({ span }) => isCommand(span))
    const refused: string[] = []
    for (const { page, span } of commands) {
      for (const command of readShell(span.replaceAll('…', ''))) {
        await checkCommand(command).catch(({ message }: Error) => refused.push(`${page}: \`${span}\`: ${message}`))
      }
    }
    expect(refused).toEqual([])
    expect(commands.length).toBeGreaterThan(40)
  })

  it('an option of a command line is one', async () => {
    const own = await ownOptions()
    const isOption = (name: string) =>
      own.has(name) || OTHERS_OPTIONS.includes(name) || process.allowedNodeEnvironmentFlags.has(name)
    const named = code.flatMap(({ page, span }) =>
      Array.from(span.matchAll(/(?<![\w-])--[a-z][\w-]*/g), ([name]) => ({ page, name })),
    )
    expect(named.filter(({ name }) => !isOption(name))).toEqual([])
    expect(named.length).toBeGreaterThan(40)
    expect(isOption('--wach')).toBe(false)
  })

  it('a name is that of something: an option, a variable, a code, a metric', () => {
    const known = new Set([...wordsOfSources(), ...OTHERS, ...MADE])
    // In what is made of the sources there are types of others.
    const written = code.filter(({ page }) => !isMade(page))
    const named = written.flatMap(({ page, span }) =>
      // Those that no English word looks like; of the others nothing can be said.
      (span.match(/[A-Za-z_$][\w$]*/g) ?? [])
        .filter((name) => /[a-z][A-Z]|_/.test(name))
        .map((name) => ({ page, name })),
    )
    expect(named.filter(({ name }) => !known.has(name))).toEqual([])
    expect(named.length).toBeGreaterThan(800)
    expect(known.has('maxOuputTokens')).toBe(false)
  })
})

function leadsSomewhere(page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return URL.canParse(link)
  const [path = '', anchor] = link.split('#')
  const target = path === '' ? page : relative(ROOT, resolve(ROOT, dirname(page), path))
  if (!existsSync(join(ROOT, target))) return false
  return anchor === undefined || anchorsOf(target).includes(anchor)
}

/** As GitHub makes them of headings. */
function anchorsOf(page: string): readonly string[] {
  const seen = new Map<string, number>()
  return Array.from(
    textOf(page)
      .replaceAll(BLOCK, '')
      .matchAll(/^#+ (.+)$/gm),
    ([, heading]) => {
      const words = heading!.replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1').toLowerCase()
      const anchor = words.replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(' ', '-')
      const before = seen.get(anchor) ?? 0
      seen.set(anchor, before + 1)
      return before === 0 ? anchor : `${anchor}-${before}`
    },
  )
}

/** What stands in any file that is no page. */
function wordsOfSources(): ReadonlySet<string> {
  const files = globSync('**/*.{ts,js,mjs,cjs,json,yml,yaml,bicep,bicepparam,kql,lua,html,sse,txt}', {
    cwd: ROOT,
    exclude: (path) => /(^|\/)(node_modules|dist|pages-\w+|pages)$/.test(path),
  })
  const workflows = globSync('.github/**/*.yml', { cwd: ROOT })
  return new Set(
    [...files, ...workflows].flatMap((file) => readFileSync(join(ROOT, file), 'utf8').match(/[A-Za-z_$][\w$]*/g) ?? []),
  )
}

/** A variable has the name of its setting; `test/register/settings.test.ts` holds the table of them. */
function settingsOfTheRegister(): readonly string[] {
  const schema = readFileSync(join(ROOT, 'packages/llmops-middleware/llmops.config.schema.json'), 'utf8')
  const { properties } = JSON.parse(schema) as { properties: Record<string, unknown> }
  return Object.keys(properties).map((name) => `LLMOPS_${name.replaceAll(/[A-Z]/g, '_$&').toUpperCase()}`)
}
