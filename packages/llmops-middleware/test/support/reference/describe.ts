import ts from '@typescript/typescript6'
import { type Comment, cell, commentOf, fenced, linked, linkedThrow } from './comment.ts'
import type { Exported } from './entries.ts'
import { type Member, membersOf } from './members.ts'
import { checker } from './program.ts'
import { parameterComments, parametersOf, signatureText } from './signature.ts'
import { linkedType, nodeOf, typeText } from './type-text.ts'

export type Kind = 'Functions' | 'Classes' | 'Errors' | 'Types' | 'Constants'

export const KINDS: readonly Kind[] = ['Functions', 'Classes', 'Types', 'Errors', 'Constants']

export function kindOf({ symbol }: Exported): Kind {
  if (symbol.flags & ts.SymbolFlags.Class) return isError(symbol) ? 'Errors' : 'Classes'
  if (symbol.flags & ts.SymbolFlags.Function) return 'Functions'
  if (symbol.flags & ts.SymbolFlags.Variable)
    return callsOf(checker.getTypeOfSymbol(symbol)).length > 0 ? 'Functions' : 'Constants'
  return 'Types'
}

/** What stands under the heading of a name. */
export function describe(exported: Exported, page: string): string {
  const { symbol } = exported
  const kind = kindOf(exported)
  if (kind === 'Functions') return describeFunction(exported, page)
  if (kind === 'Errors') return describeError(exported, page)
  if (kind === 'Classes') return describeClass(exported, page)
  if (kind === 'Types') return describeType(exported, page)
  const { text, examples } = commentOf(symbol)
  const type = constantType(declaredNode(symbol) ?? nodeOf(checker.getTypeOfSymbol(symbol)))
  return blocks(code(`const ${exported.name}: ${type}`), linked(text, page, exported.name), examplesOf(examples))
}

const callsOf = (type: ts.Type) => checker.getSignaturesOfType(type, ts.SignatureKind.Call)
const code = (text: string) => `\`\`\`ts\n${text}\n\`\`\``
const blocks = (...parts: readonly string[]) => parts.filter((part) => part !== '').join('\n\n')

function isError(symbol: ts.Symbol): boolean {
  return checker.getDeclaredTypeOfSymbol(symbol).getProperty('stack') !== undefined
}

function declaredNode(symbol: ts.Symbol): ts.TypeNode | undefined {
  const declaration = symbol.valueDeclaration
  return declaration && ts.isVariableDeclaration(declaration) ? declaration.type : undefined
}

const LINE = 100

/** With each member on a line of its own, where one line would be long. */
function constantType(node: ts.TypeNode): string {
  const text = typeText(node)
  if (text.length <= LINE || !ts.isTypeLiteralNode(node)) return text
  const members = node.members.map((member) => typeText(ts.factory.createTypeLiteralNode([member])).slice(2, -2))
  return `{\n${members.map((member) => `  ${member}\n`).join('')}}`
}

function describeFunction({ name, symbol }: Exported, page: string): string {
  return callable(name, callsOf(checker.getTypeOfSymbol(symbol)), commentOf(symbol), page)
}

/** A function, or a method under the heading of its own. */
function callable(name: string, signatures: readonly ts.Signature[], comment: Comment, page: string): string {
  const own = name.split(/[. ]/).at(-1)!
  return blocks(
    code(signatures.map((signature) => signatureText(name, signature)).join('\n')),
    linked(comment.text, page, own),
    parameterTable(signatures, page),
    comment.returns && `**Returns** ${linked(comment.returns, page)}`,
    throwsOf(comment, page),
    examplesOf(comment.examples),
  )
}

function parameterTable(signatures: readonly ts.Signature[], page: string): string {
  const rows = new Map<string, string>()
  for (const signature of signatures) {
    const said = parameterComments(signature)
    for (const { name, isOptional, node } of parametersOf(signature)) {
      const plain = name.replace('...', '')
      const text = said.get(plain) ?? ''
      const row = `| \`${name}\`${isOptional ? ' (optional)' : ''} | ${linkedType(node, page)} | ${cell(linked(text, page))} |`
      if (!rows.has(name) || text !== '') rows.set(name, row)
    }
  }
  if (rows.size === 0) return ''
  if ([...rows.values()].every((row) => row.endsWith('|  |'))) {
    return ['| parameter | type |', '| --- | --- |', ...[...rows.values()].map((row) => row.slice(0, -3))].join('\n')
  }
  return ['| parameter | type | what it is |', '| --- | --- | --- |', ...rows.values()].join('\n')
}

function throwsOf({ throws }: Comment, page: string): string {
  const said = throws.map((text) => linkedThrow(text, page).replace(/\s*\n\s*/g, ' '))
  if (said.length < 2) return said.map((text) => `**Throws** ${text}`).join('')
  return `**Throws**\n\n${said.map((text) => `- ${text}`).join('\n')}`
}

function examplesOf(examples: readonly string[]): string {
  return examples.map(fenced).join('\n\n')
}

function describeError({ name, symbol }: Exported, page: string): string {
  const comment = commentOf(symbol)
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const own = membersOf(type).filter(
    ({ name }) => !['code', 'name', 'publicMessage', 'message', 'cause'].includes(name),
  )
  const fields = own.filter(({ signatures }) => signatures.length === 0)
  const made = constructorOf(symbol, name, page)
  return blocks(
    linked(comment.text, page, name),
    codeOf(symbol),
    fieldTable(fields, page, 'field'),
    made,
    examplesOf(comment.examples),
  )
}

function codeOf(symbol: ts.Symbol): string {
  const code = checker.getTypeOfSymbol(symbol).getProperty('code')
  const type = code && checker.getTypeOfSymbol(code)
  if (!type?.isStringLiteral()) return ''
  return `Its code is [\`${type.value}\`](../errors.md#thrown).`
}

/** A constructor is for users where it has a comment, or its class has none of the package's own making. */
function constructorOf(symbol: ts.Symbol, name: string, page: string): string {
  const signatures = checker.getSignaturesOfType(checker.getTypeOfSymbol(symbol), ts.SignatureKind.Construct)
  const declared = signatures.filter((signature) => {
    const declaration = signature.getDeclaration()
    return declaration && ts.isConstructorDeclaration(declaration) && ts.getJSDocCommentsAndTags(declaration).length > 0
  })
  if (declared.length === 0) return ''
  return callable(`new ${name}`, declared, commentOf(declared[0]!), page)
}

function describeClass({ name, symbol }: Exported, page: string): string {
  const comment = commentOf(symbol)
  const members = membersOf(checker.getDeclaredTypeOfSymbol(symbol))
  return blocks(
    linked(comment.text, page, name),
    constructorOf(symbol, name, page),
    examplesOf(comment.examples),
    membersText(name, members, page),
  )
}

function describeType({ name, symbol }: Exported, page: string): string {
  const comment = commentOf(symbol)
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  const said = linked(comment.text, page, name)
  const examples = examplesOf(comment.examples)
  if (!isObject(type)) return blocks(said, code(aliasText(symbol)), examples)
  return blocks(said, examples, membersText(name, membersOf(type), page))
}

function isObject(type: ts.Type): boolean {
  if (type.isUnion() || callsOf(type).length > 0 || membersOf(type).length === 0) return false
  return (type.flags & (ts.TypeFlags.Object | ts.TypeFlags.Intersection)) !== 0
}

/** Unions and functions: as they are written, where every name in them can be imported. */
function aliasText(symbol: ts.Symbol): string {
  const declaration = symbol.declarations!.find(ts.isTypeAliasDeclaration)!
  const { name, typeParameters, type } = declaration
  const generics = typeParameters ? `<${typeParameters.map((parameter) => parameter.getText()).join(', ')}>` : ''
  const head = `type ${name.text}${generics} =`
  const line = `${head} ${typeText(type)}`
  if (line.length <= 100) return line
  if (/^(?:'[^']*'(?: \| )?)+$/.test(typeText(type))) return `${head}\n  | ${wrap(typeText(type))}`
  if (!ts.isUnionTypeNode(type)) return `${head}\n  ${typeText(type)}`
  return `${head}\n${type.types.map((part) => `  | ${typeText(part)}`).join('\n')}`
}

/** A long union of words, some on each line. */
function wrap(union: string): string {
  const lines: string[] = ['']
  for (const word of union.split(' | ')) {
    const line = lines.at(-1)!
    if (line.length + word.length > 90) lines.push(word)
    else lines[lines.length - 1] = line === '' ? word : `${line} | ${word}`
  }
  return lines.join('\n  | ')
}

/** Fields in a table, then the methods, each with a heading. */
function membersText(owner: string, members: readonly Member[], page: string): string {
  const isMethod = ({ signatures, comment }: Member) =>
    signatures.length > 0 && (comment.throws.length > 0 || comment.examples.length > 0 || !owner.endsWith('Options'))
  const methods = members.filter(isMethod)
  const fields = members.filter((member) => !isMethod(member))
  return blocks(
    fieldTable(fields, page, owner.endsWith('Options') ? 'option' : 'field'),
    ...methods.map(({ name, signatures, comment }) =>
      blocks(`#### ${owner}.${name}`, callable(name, signatures, comment, page)),
    ),
  )
}

function fieldTable(fields: readonly Member[], page: string, what: string): string {
  if (fields.length === 0) return ''
  const hasDefaults = fields.some(({ comment }) => comment.defaultValue !== '')
  const head = ['', what, 'type', ...(hasDefaults ? ['default'] : []), 'what it is', ''].join(' | ').trim()
  const line = `|${' --- |'.repeat(hasDefaults ? 4 : 3)}`
  const rows = fields.map(({ name, isOptional, comment, node }) => {
    const first = `\`${name}\`${isOptional && !hasDefaults ? ' (optional)' : ''}`
    const fallback = hasDefaults ? [defaultOf(isOptional, comment, page)] : []
    return `| ${[first, linkedType(node, page), ...fallback, cell(linked(fieldText(comment), page))].join(' | ')} |`
  })
  return [head, line, ...rows].join('\n')
}

function fieldText({ text, throws, examples }: Comment): string {
  return [
    text,
    ...throws.map((said) => `Throws ${said}`),
    ...examples.map((example) => `Example: \`${example}\``),
  ].join(' ')
}

function defaultOf(isOptional: boolean, { defaultValue }: Comment, page: string): string {
  if (!isOptional) return 'required'
  if (defaultValue === '') return 'optional'
  const literal = /^(?:'[^']*'|[\d_.]+|true|false|\[\]|\{\})(?= |$)/.exec(defaultValue)?.[0]
  if (!literal) return cell(linked(defaultValue, page))
  return cell(`\`${literal}\`${defaultValue.slice(literal.length)}`)
}
