import { isNode, type Node } from './subschemas.ts'
import { referredBy } from './type-of.ts'

/** Returns the branches of a union whose constants the value has. */
export function pickedBranches(branches: readonly Node[], value: unknown, root: Node): readonly Node[] {
  return branches.filter((branch) => isPickedBy(value, resolved(branch, root)))
}

/** Whether the object has all the constants of a branch. A branch without constants is never picked. */
function isPickedBy(value: unknown, branch: unknown): boolean {
  if (!isNode(value) || !isNode(branch) || !isNode(branch['properties'])) return false
  const constants = Object.entries(branch['properties']).flatMap(([name, field]) => {
    const choices = choicesOf(field)
    return choices ? [{ name, choices }] : []
  })
  return constants.length > 0 && constants.every(({ name, choices }) => choices.includes(value[name]))
}

/** Returns the values among which a union chooses: the constants of its branches, or of one field of all of them. */
export function constantsOf(branches: readonly Node[], root: Node): { field?: string; values: unknown[] } | undefined {
  const parts = branches.map((branch) => resolved(branch, root))
  const own = parts.map(choicesOf)
  if (own.every((choices) => choices !== undefined)) return { values: own.flat() }
  const fieldsOf = (part: unknown) => (isNode(part) && isNode(part['properties']) ? part['properties'] : {})
  for (const field of Object.keys(fieldsOf(parts[0]))) {
    const choices = parts.map((part) => choicesOf(fieldsOf(part)[field]))
    if (choices.every((choices) => choices !== undefined)) return { field, values: choices.flat() }
  }
  return undefined
}

function choicesOf(schema: unknown): readonly unknown[] | undefined {
  if (!isNode(schema)) return undefined
  return 'const' in schema ? [schema['const']] : Array.isArray(schema['enum']) ? schema['enum'] : undefined
}

function resolved(branch: Node, root: Node): unknown {
  return typeof branch['$ref'] === 'string' ? referredBy(branch['$ref'], root) : branch
}
