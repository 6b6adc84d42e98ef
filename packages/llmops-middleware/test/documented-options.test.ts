import ts from '@typescript/typescript6'
import { describe, expect, it } from 'vitest'
import { checker, isOurs, program, SRC } from './support/reference/program.ts'

type Option = {
  readonly name: string
  readonly isOptional: boolean
  readonly sentence: string
  readonly defaultValue: string
}

/** Every option with a check, at every depth, by the name of its type and its path in it. */
function checkedOptions(): readonly Option[] {
  const options = new Map<string, Option>()
  const seen = new Set<ts.Type>()

  function visit(type: ts.Type, path: string): void {
    for (const part of partsOf(type)) {
      if (seen.has(part) || !isOptions(part) || RETURNED_BY_US.has(part.aliasSymbol?.name ?? '')) continue
      seen.add(part)
      for (const property of part.getProperties()) {
        if (!property.declarations?.some(isOurs)) continue
        const name = `${part.aliasSymbol?.name ?? path}.${property.name}`
        options.set(name, optionOf(property, name))
        visit(checker.getTypeOfSymbol(property), name)
      }
    }
  }

  for (const type of typesOfDoors()) visit(type, type.aliasSymbol?.name ?? '')
  return [...options.values()]
}

/** The types that `ChecksOf<…>` is written of: each door's test shows that no public function takes others. */
function typesOfDoors(): readonly ts.Type[] {
  const types: ts.Type[] = []
  const find = (node: ts.Node): void => {
    if (ts.isTypeReferenceNode(node) && node.typeName.getText() === 'ChecksOf') {
      for (const argument of node.typeArguments ?? []) types.push(checker.getTypeFromTypeNode(argument))
    }
    ts.forEachChild(node, find)
  }
  for (const file of program.getSourceFiles()) if (file.fileName.startsWith(SRC)) find(file)
  return types
}

/** What nobody writes: one of our functions returned it. */
const RETURNED_BY_US = new Set(['Tool'])

/** The kinds of a union, the elements of a list and the values of a map are written as options too. */
function partsOf(type: ts.Type): readonly ts.Type[] {
  if (type.isUnion()) return type.types.flatMap(partsOf)
  const element = checker.getIndexTypeOfType(type, ts.IndexKind.Number) ?? type.getStringIndexType()
  return element && (type.flags & ts.TypeFlags.Object) !== 0 ? partsOf(element) : [type]
}

/** Plain objects that a user writes, as against objects with methods, which somebody implements. */
function isOptions(type: ts.Type): boolean {
  const isObject = type.isIntersection() ? type.types.every(isOptions) : (type.flags & ts.TypeFlags.Object) !== 0
  if (!isObject || type.isClassOrInterface() || type.getCallSignatures().length > 0) return false
  return type.getProperties().some((property) => checker.getTypeOfSymbol(property).getCallSignatures().length === 0)
}

function optionOf(property: ts.Symbol, name: string): Option {
  const tag = property.getJsDocTags(checker).find((tag) => tag.name === 'default')
  return {
    name,
    isOptional: (property.flags & ts.SymbolFlags.Optional) !== 0,
    sentence: ts.displayPartsToString(property.getDocumentationComment(checker)),
    defaultValue: ts.displayPartsToString(tag?.text),
  }
}

describe('every option', () => {
  const options = checkedOptions()

  it('is found, nested ones too', () => {
    const names = options.map(({ name }) => name)
    expect(names.length).toBeGreaterThan(150)
    const some = [
      'LlmOpsOptions.budget',
      'TaskOptions.deadlineMs',
      'Target.model',
      'DownshiftOptions.to',
      'AccountScope.id',
    ]
    expect(names).toEqual(expect.arrayContaining(some))
  })

  it('has a sentence that says what it does', () => {
    expect(options.filter(({ sentence }) => sentence === '').map(({ name }) => name)).toEqual([])
  })

  it('says its default where it may be left out', () => {
    const lacking = options.filter(({ isOptional, defaultValue }) => isOptional && defaultValue === '')
    expect(lacking.map(({ name }) => name)).toEqual([])
  })
})
