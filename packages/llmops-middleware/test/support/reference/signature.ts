import ts from '@typescript/typescript6'
import { checker } from './program.ts'
import { nodeOf, typeText } from './type-text.ts'

export type Parameter = { readonly name: string; readonly isOptional: boolean; readonly node: ts.TypeNode }

const LINE = 100

/** How a function is called, as TypeScript declares it. */
export function signatureText(name: string, signature: ts.Signature): string {
  const { typeParameters, type } = signature.getDeclaration() as ts.SignatureDeclaration
  const generics = typeParameters ? `<${typeParameters.map((parameter) => parameter.getText()).join(', ')}>` : ''
  const params = parametersOf(signature).map(({ name, isOptional, node }) => {
    const rest = name.startsWith('...')
    return `${name}${isOptional && !rest ? '?' : ''}: ${typeText(node)}`
  })
  const returned = name.startsWith('new ') ? '' : `: ${typeText(type ?? nodeOf(signature.getReturnType()))}`
  const line = `${name}${generics}(${params.join(', ')})${returned}`
  return line.length <= LINE
    ? line
    : `${name}${generics}(\n${params.map((param) => `  ${param},\n`).join('')})${returned}`
}

export function parametersOf(signature: ts.Signature): readonly Parameter[] {
  return signature.getParameters().flatMap((symbol) => {
    const declaration = symbol.valueDeclaration as ts.ParameterDeclaration
    if (declaration.name.getText() === 'this') return []
    const name = nameOf(declaration)
    return [
      {
        name: declaration.dotDotDotToken ? `...${name}` : name,
        isOptional: checker.isOptionalParameter(declaration),
        node: declaration.type ?? nodeOf(checker.getTypeOfSymbol(symbol)),
      },
    ]
  })
}

function tagText({ parent }: ts.ParameterDeclaration, name: string): string {
  const tag = ts
    .getJSDocTags(parent)
    .filter(ts.isJSDocParameterTag)
    .find((tag) => tag.name.getText() === name)
  return ts.getTextOfJSDocComment(tag?.comment) ?? ''
}

/** Of one that is taken apart where it is declared: as `@param` calls it. */
function nameOf(declaration: ts.ParameterDeclaration): string {
  if (ts.isIdentifier(declaration.name)) return declaration.name.text
  const index = declaration.parent.parameters.indexOf(declaration)
  const isTaken = (name: string) => declaration.parent.parameters.some((other) => other.name.getText() === name)
  const free = ts
    .getJSDocTags(declaration.parent)
    .filter(ts.isJSDocParameterTag)
    .map(({ name }) => name.getText())
    .filter((name) => !isTaken(name))
  const before = declaration.parent.parameters.slice(0, index).filter(({ name }) => !ts.isIdentifier(name)).length
  return free[before] ?? 'options'
}

/** What `@param` says of each parameter. */
export function parameterComments(signature: ts.Signature): ReadonlyMap<string, string> {
  const comments = signature.getParameters().map((symbol) => {
    const declaration = symbol.valueDeclaration as ts.ParameterDeclaration
    const name = nameOf(declaration)
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
    return [name, (text || tagText(declaration, name)).replace(/^- /, '')] as const
  })
  return new Map(comments)
}
