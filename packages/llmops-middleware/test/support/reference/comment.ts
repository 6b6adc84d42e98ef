import ts from '@typescript/typescript6'
import { HOME_OF_NAME, linkTo } from './entries.ts'
import { checker } from './program.ts'

/** What a docstring says. */
export type Comment = {
  readonly text: string
  readonly defaultValue: string
  readonly returns: string
  readonly throws: readonly string[]
  readonly examples: readonly string[]
}

type Documented = Pick<ts.Symbol, 'getDocumentationComment' | 'getJsDocTags'>

export function commentOf(documented: Documented): Comment {
  const tags = documented.getJsDocTags(checker as never)
  const all = (name: string) =>
    tags.filter((tag) => tag.name === name).map(({ text }) => ts.displayPartsToString(text).trim())
  return {
    text: ts.displayPartsToString(documented.getDocumentationComment(checker)).trim(),
    defaultValue: all('default')[0] ?? '',
    returns: all('returns')[0] ?? '',
    throws: all('throws'),
    examples: all('example'),
  }
}

/** Names that a user can import become links, and so do pages of the documentation. */
export function linked(text: string, page: string, own = ''): string {
  return text
    .replace(/\{@link (\w+)\}/g, '`$1`')
    .replace(/`([A-Za-z]\w+)(\(\))?`/g, (code, name, call) => {
      const isWord = !call && !/[A-Z]/.test(name) && !name.includes('_')
      const home = name === own || isWord ? undefined : HOME_OF_NAME.get(name)
      return home ? `[${code}](${linkTo(home, page)})` : code
    })
    .replace(/(?<![[(/\w])docs\/([\w-]+\.md)/g, '[$1](../$1)')
}

/** What is thrown begins with the name of its class. */
export function linkedThrow(text: string, page: string): string {
  return linked(
    text.replace(/(?<![`\w])([A-Z]\w+(?:Error|Available|Unavailable|Outage|Throttled|Malformed))\b/g, '`$1`'),
    page,
  )
}

/** A comment as one cell of a table: a list goes on with bullets. */
export function cell(text: string): string {
  return text
    .replace(/\n\s*- /g, '<br>• ')
    .replace(/\s*\n\s*/g, ' ')
    .replaceAll('|', '\\|')
}

export function fenced(example: string): string {
  return example.startsWith('```') ? example : `\`\`\`ts\n${example}\n\`\`\``
}
