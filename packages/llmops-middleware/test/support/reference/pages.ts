import ts from '@typescript/typescript6'
import { cell, commentOf, linked } from './comment.ts'
import { describe, KINDS, kindOf } from './describe.ts'
import { ENTRIES, type Entry, type Exported, HOMES, linkTo } from './entries.ts'
import { program } from './program.ts'

/** The pages of docs/reference, by the names of their files. */
export function referencePages(): ReadonlyMap<string, string> {
  const pages = ENTRIES.map((entry) => [entry.page, pageOf(entry)] as const)
  return new Map([['README.md', contents()], ...pages])
}

const NOTE = '<!-- Made by `pnpm reference` of the docstrings in src/. Do not edit. -->'

/** What the comment at the top of the entry point's file says, which is marked with `@module`. */
function purposeOf({ file }: Entry): string {
  const source = program.getSourceFile(file)!
  const tag = ts.getJSDocTags(source.statements[0]!).find(({ tagName }) => tagName.text === 'module')
  const comment = tag?.parent as ts.JSDoc | undefined
  return ts.getTextOfJSDocComment(comment?.comment) ?? ''
}

function contents(): string {
  const rows = ENTRIES.map((entry) => {
    const names = entry.names.filter(({ symbol }) => HOMES.get(symbol)?.page === entry.page)
    return `| [\`${entry.specifier}\`](${entry.page}) | ${cell(purposeOf(entry))} | ${names.length} |`
  })
  return `${[
    NOTE,
    '',
    '# Reference',
    '',
    'Each name that can be imported, by the path that it is imported from. A name that two paths export is described once, on',
    'the page of the more particular one.',
    '',
    '| import | what it is for | names |',
    '| --- | --- | --- |',
    ...rows,
    '| [`llmops-middleware/register`](../register.md) | Governs the process that loads it: `node --import llmops-middleware/register app.js`. | – |',
    '',
    'Beside these: [errors by code](../errors.md), [metrics and spans](../telemetry.md), [the command line](../doctor.md).',
  ].join('\n')}\n`
}

function pageOf(entry: Entry): string {
  const here = entry.names.filter(({ symbol }) => HOMES.get(symbol)?.page === entry.page)
  const elsewhere = entry.names.filter((name) => !here.includes(name))
  const sections = KINDS.flatMap((kind) => {
    const names = here.filter((name) => kindOf(name) === kind)
    return names.length === 0 ? [] : [`## ${kind}`, ...names.flatMap((name) => section(name, entry.page))]
  })
  return `${[
    NOTE,
    `# ${entry.specifier}`,
    linked(purposeOf(entry), entry.page),
    overview(here, entry.page),
    ...sections,
    ...(elsewhere.length > 0 ? ['## Described elsewhere', elsewhereList(elsewhere, entry.page)] : []),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`
}

function section(exported: Exported, page: string): readonly string[] {
  return [`### ${exported.name}`, describe(exported, page)]
}

function overview(names: readonly Exported[], page: string): string {
  const rows = KINDS.flatMap((kind) =>
    names
      .filter((name) => kindOf(name) === kind)
      .map(
        (name) =>
          `| [\`${name.name}\`](${linkTo({ page, name: name.name }, page)}) | ${cell(sentenceOf(name, page))} |`,
      ),
  )
  return rows.length < 4 ? '' : ['| name | what it is |', '| --- | --- |', ...rows].join('\n')
}

/** The first sentence of its comment. */
function sentenceOf({ name, symbol }: Exported, page: string): string {
  const { text } = commentOf(symbol)
  if (text === '') return ''
  const [lead = ''] = text.split(/:\n\s*- |\n\n/)
  const [sentence] = /^[\s\S]*?(?:\.(?=\s|$)|$)/.exec(lead)!
  return linked(sentence.replace(/\s+/g, ' ').replace(/(?<![.])$/, '.'), page, name)
}

function elsewhereList(names: readonly Exported[], page: string): string {
  return names.map(({ name, symbol }) => `[\`${name}\`](${linkTo(HOMES.get(symbol)!, page)})`).join(' · ')
}
