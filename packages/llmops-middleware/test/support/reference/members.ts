import ts from '@typescript/typescript6'
import { type Comment, commentOf } from './comment.ts'
import { checker, isInternal, isOurs } from './program.ts'
import { nodeOf, withoutUndefined } from './type-text.ts'

/** A field, an option or a method of a type that a user sees. */
export type Member = {
  readonly name: string
  readonly isOptional: boolean
  readonly comment: Comment
  readonly node: ts.TypeNode
  /** Of a method. */
  readonly signatures: readonly ts.Signature[]
}

/** The members that the package declares, those of the types that it is made of too, in the order in which they stand. */
export function membersOf(type: ts.Type, path = ''): readonly Member[] {
  return checker.getPropertiesOfType(type).flatMap((symbol) => {
    if (!isVisible(symbol)) return []
    const member = memberOf(symbol, path)
    const inner = innerType(symbol)
    return inner ? [member, ...membersOf(inner, `${member.name}.`)] : [member]
  })
}

function memberOf(symbol: ts.Symbol, path: string): Member {
  const type = checker.getTypeOfSymbol(symbol)
  const declared = declaredType(symbol)
  const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0
  const node = declared ?? nodeOf(type)
  return {
    name: path + nameOf(symbol),
    isOptional,
    comment: commentOf(symbol),
    node: isOptional ? withoutUndefined(node) : node,
    signatures: isOptional ? [] : ownSignatures(type),
  }
}

/** A method, or a field that holds a function of the package. */
function ownSignatures(type: ts.Type): readonly ts.Signature[] {
  const signatures = checker.getSignaturesOfType(type, ts.SignatureKind.Call)
  return signatures.every((signature) => isOurs(signature.getDeclaration())) ? signatures : []
}

/** `[Symbol.asyncDispose]` has another name inside of TypeScript. */
function nameOf(symbol: ts.Symbol): string {
  return symbol.name.startsWith('__@') ? `[Symbol.${symbol.name.slice(3).replace(/@\d+$/, '')}]` : symbol.name
}

function isVisible(symbol: ts.Symbol): boolean {
  const declaration = symbol.declarations?.[0]
  if (!declaration || !isOurs(declaration) || isInternal(symbol)) return false
  if (symbol.name.startsWith('__@') && !symbol.name.startsWith('__@asyncDispose')) return false
  const name = ts.getNameOfDeclaration(declaration)
  if (name && ts.isPrivateIdentifier(name)) return false
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0
}

/** As it was written, unless it is written of a type parameter, which the type may have replaced. */
function declaredType(symbol: ts.Symbol): ts.TypeNode | undefined {
  const declaration = symbol.declarations?.[0]
  if (!declaration || !(ts.isPropertySignature(declaration) || ts.isPropertyDeclaration(declaration))) return
  return declaration.type && !mentionsTypeParameter(declaration.type) ? declaration.type : undefined
}

function mentionsTypeParameter(node: ts.Node): boolean {
  if (ts.isTypeReferenceNode(node)) {
    const symbol = checker.getSymbolAtLocation(node.typeName)
    if (symbol && symbol.flags & ts.SymbolFlags.TypeParameter) return true
  }
  return ts.forEachChild(node, mentionsTypeParameter) ?? false
}

/** An object that is written in place and whose fields have sentences of their own. */
function innerType(symbol: ts.Symbol): ts.Type | undefined {
  const declaration = symbol.declarations?.[0]
  if (!declaration || !ts.isPropertySignature(declaration) || !declaration.type) return
  if (!ts.isTypeLiteralNode(declaration.type)) return
  const type = checker.getTypeFromTypeNode(declaration.type)
  const isDescribed = type.getProperties().some((field) => commentOf(field).text !== '')
  return isDescribed ? type : undefined
}
