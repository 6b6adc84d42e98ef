import ts from '@typescript/typescript6'
import { HOMES, linkTo } from './entries.ts'
import { checker, isOurs, target } from './program.ts'

const PRINTER = ts.createPrinter({ removeComments: true })

/** Names of the package that a user cannot import and that stand in the text of a public type: there should be none. */
export const LEAKED = new Set<string>()

/** A type as a user would write it on one line: what cannot be imported is replaced by what it stands for. */
export function typeText(node: ts.TypeNode): string {
  return print(node).replace(/⟦(\w+)[^⟧]*⟧/g, '$1')
}

/** The same as a span of code for a cell of a table, with links to the types that it names. */
export function linkedType(node: ts.TypeNode, page: string): string {
  const text = print(node)
  const alone = /^⟦(\w+) ([^⟧]+)⟧$/.exec(text)
  if (alone) return `[\`${alone[1]}\`](${linkOf(alone[2]!, page)})`
  if (!text.includes('⟦')) return `\`${text.replaceAll('|', '\\|')}\``
  const escaped = text
    .replace(/[*_[\]|`]/g, '\\$&')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
  return `<code>${escaped.replace(/⟦(\w+) ([^⟧]+)⟧/g, (_, name, home) => `[${name}](${linkOf(home, page)})`)}</code>`
}

export function nodeOf(type: ts.Type): ts.TypeNode {
  return checker.typeToTypeNode(type, undefined, ts.NodeBuilderFlags.NoTruncation)!
}

/** What the type parameters of an alias stand for, where its text takes the place of its name. */
type Arguments = ReadonlyMap<ts.Symbol, ts.TypeNode>

function linkOf(home: string, page: string): string {
  const [at, name] = home.replaceAll('\\_', '_').split(':')
  return linkTo({ page: at!, name: name! }, page)
}

const EMPTY = ts.createSourceFile('empty.ts', '', ts.ScriptTarget.Latest)

function print(node: ts.TypeNode): string {
  const { transformed } = ts.transform(node, [(context) => (root) => expand(root, context, [], new Map())])
  return PRINTER.printNode(ts.EmitHint.Unspecified, transformed[0]!, EMPTY)
    .replace(/\s+/g, ' ')
    .replace(/; }/g, ' }')
    .replace(/^\| /, '')
    .replace(/"([^"']*)"/g, "'$1'")
}

function expand<Node extends ts.Node>(
  node: Node,
  context: ts.TransformationContext,
  inside: readonly ts.Symbol[],
  args: Arguments,
): Node {
  const visit = (child: ts.Node): ts.Node => {
    if (ts.isPropertySignature(child)) return property(child)
    if (ts.isLiteralTypeNode(child)) return literal(child)
    if (isComputed(child)) return expand(nodeOf(checker.getTypeFromTypeNode(child)), context, inside, args)
    if (ts.isIdentifier(child)) return ts.factory.createIdentifier(child.text)
    if (ts.isTypeReferenceNode(child)) return reference(child) ?? ts.visitEachChild(child, visit, context)
    return ts.visitEachChild(child, visit, context)
  }

  /** Without `readonly`, which every property here is; and undefined is what `?` says. */
  function property({ name, questionToken, type }: ts.PropertySignature): ts.Node {
    const shown = type && (ts.visitNode(type, visit) as ts.TypeNode)
    const named = ts.visitNode(name, visit) as ts.PropertyName
    return ts.factory.createPropertySignature(
      undefined,
      named,
      questionToken,
      questionToken ? withoutUndefined(shown!) : shown,
    )
  }

  function literal(child: ts.LiteralTypeNode): ts.Node {
    return ts.isStringLiteral(child.literal)
      ? ts.factory.createLiteralTypeNode(ts.factory.createStringLiteral(child.literal.text, true))
      : ts.visitEachChild(child, visit, context)
  }

  function reference(child: ts.TypeReferenceNode): ts.Node | undefined {
    const symbol = symbolOf(child.typeName)
    if (!symbol) return
    const argument = args.get(symbol)
    if (argument) return argument
    if (child.pos < 0 && hasOnlyDefaults(symbol)) return ts.factory.createTypeReferenceNode(symbol.name)
    const given = child.typeArguments?.map((arg) => ts.visitNode(arg, visit) as ts.TypeNode)
    const home = HOMES.get(symbol)
    if (home) return ts.factory.createTypeReferenceNode(`⟦${symbol.name} ${home.page}:${home.name}⟧`, given)
    if (symbol.flags & ts.SymbolFlags.TypeParameter || !symbol.declarations?.some(isOurs)) return
    const alias = symbol.declarations.find(ts.isTypeAliasDeclaration)
    if (!alias || inside.includes(symbol)) {
      LEAKED.add(symbol.name)
      return
    }
    const stands = expand(alias.type, context, [...inside, symbol], argumentsOf(alias, given))
    return ts.isUnionTypeNode(stands) || ts.isFunctionTypeNode(stands)
      ? ts.factory.createParenthesizedType(stands)
      : stands
  }

  return unwrapped(visit(node)) as Node
}

/** A type of a framework whose arguments nobody writes, such as the request of Fastify. */
function hasOnlyDefaults(symbol: ts.Symbol): boolean {
  const [declaration] = symbol.declarations ?? []
  if (!declaration || isOurs(declaration) || !ts.isInterfaceDeclaration(declaration)) return false
  return declaration.typeParameters?.every((parameter) => parameter.default !== undefined) ?? false
}

function argumentsOf(alias: ts.TypeAliasDeclaration, given: readonly ts.TypeNode[] = []): Arguments {
  const pairs = alias.typeParameters?.map((parameter, index) => {
    const argument = given[index] ?? parameter.default
    return [checker.getSymbolAtLocation(parameter.name)!, argument!] as const
  })
  return new Map(pairs?.filter(([, argument]) => argument !== undefined))
}

/** Parentheses that stand around all of a type. */
function unwrapped(node: ts.Node): ts.Node {
  return ts.isParenthesizedTypeNode(node) ? unwrapped(node.type) : node
}

export function withoutUndefined(node: ts.TypeNode): ts.TypeNode {
  if (!ts.isUnionTypeNode(node)) return node
  const rest = node.types.filter(({ kind }) => kind !== ts.SyntaxKind.UndefinedKeyword)
  return rest.length === 1 ? (unwrapped(rest[0]!) as ts.TypeNode) : ts.factory.createUnionTypeNode(rest)
}

/** `keyof typeof X`, `typeof X` and `T['field']` of the package say nothing to who cannot see X. */
function isComputed(node: ts.Node): node is ts.TypeNode {
  if (node.pos < 0) return false
  if (ts.isTypeQueryNode(node)) return symbolOf(node.exprName)?.declarations?.some(isOurs) ?? false
  if (ts.isTypeReferenceNode(node))
    return node.typeArguments?.some((arg) => ts.isTypeQueryNode(arg) && isComputed(arg)) ?? false
  if (ts.isIndexedAccessTypeNode(node)) return true
  return ts.isTypeOperatorNode(node) && node.operator === ts.SyntaxKind.KeyOfKeyword
}

function symbolOf(name: ts.EntityName): ts.Symbol | undefined {
  const symbol = name.pos < 0 ? (name as { symbol?: ts.Symbol }).symbol : checker.getSymbolAtLocation(name)
  return symbol && target(symbol)
}
