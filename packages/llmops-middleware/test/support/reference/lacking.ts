import ts from '@typescript/typescript6'
import { commentOf } from './comment.ts'
import { kindOf } from './describe.ts'
import { ENTRIES, type Exported, HOMES } from './entries.ts'
import { membersOf } from './members.ts'
import { checker, target } from './program.ts'
import { parameterComments, parametersOf } from './signature.ts'

/** What a user can import, each once. */
export function exportedNames(): readonly Exported[] {
  const names = ENTRIES.flatMap(({ names }) => names)
  return [...new Map(names.map((name) => [name.symbol, name])).values()]
}

/** The name, its fields and its parameters, of which no sentence says what they are. */
export function lackingSentence(exported: Exported): readonly string[] {
  const { name, symbol } = exported
  const own = commentOf(symbol).text === '' ? [name] : []
  const kind = kindOf(exported)
  if (kind === 'Functions') return [...own, ...unsaidParameters(name, signaturesOf(checker.getTypeOfSymbol(symbol)))]
  if (kind === 'Constants') return own
  const type = checker.getDeclaredTypeOfSymbol(symbol)
  if (type.isUnion() || signaturesOf(type).length > 0) return own
  const members = membersOf(type).filter((member) => kind !== 'Errors' || !OF_EACH_ERROR.has(member.name))
  const unsaid = members.filter(({ comment }) => comment.text === '').map((member) => `${name}.${member.name}`)
  // The parameters of an option stand in its type.
  const parameters = name.endsWith('Options')
    ? []
    : members.flatMap((member) => unsaidParameters(`${name}.${member.name}`, member.signatures))
  return [...own, ...unsaid, ...parameters]
}

const OF_EACH_ERROR = new Set(['code', 'name', 'publicMessage', 'message', 'cause'])

const signaturesOf = (type: ts.Type) => checker.getSignaturesOfType(type, ts.SignatureKind.Call)

/** A parameter whose type is described under its own name needs no words beside it. */
function unsaidParameters(owner: string, signatures: readonly ts.Signature[]): readonly string[] {
  return signatures.flatMap((signature) => {
    const said = parameterComments(signature)
    return parametersOf(signature)
      .filter(({ name, node }) => !said.get(name.replace('...', '')) && !isDescribed(node))
      .map(({ name }) => `${owner}(${name})`)
  })
}

function isDescribed(node: ts.TypeNode): boolean {
  if (!ts.isTypeReferenceNode(node) || node.pos < 0) return false
  const symbol = checker.getSymbolAtLocation(node.typeName)
  return symbol !== undefined && HOMES.has(target(symbol))
}
