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
    const name = ts.isIdentifier(declaration.name) ? declaration.name.text : 'options'
    return [
      {
        name: declaration.dotDotDotToken ? `...${name}` : name,
        isOptional: checker.isOptionalParameter(declaration),
        node: declaration.type ?? nodeOf(checker.getTypeOfSymbol(symbol)),
      },
    ]
  })
}

/** What `@param` says of each parameter. */
export function parameterComments(signature: ts.Signature): ReadonlyMap<string, string> {
  const comments = signature.getParameters().map((symbol) => {
    const text = ts.displayPartsToString(symbol.getDocumentationComment(checker))
    return [symbol.name, text.replace(/^- /, '')] as const
  })
  return new Map(comments)
}
