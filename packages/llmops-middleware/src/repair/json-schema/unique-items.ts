import type { FuncKeywordDefinition, SchemaValidateFunction } from 'ajv'

const validate: SchemaValidateFunction = (isUnique: boolean, list: readonly unknown[]) => {
  const same = isUnique ? firstDuplicate(list) : undefined
  if (!same) return true
  const [i, j] = same
  const message = `must NOT have duplicate items (items ## ${j} and ${i} are identical)`
  validate.errors = [{ keyword: 'uniqueItems', params: { i, j }, message }]
  return false
}

/** As Ajv's own, in time that grows with the list: that compares each object with each, which takes a minute for 20,000. */
export const uniqueItems: FuncKeywordDefinition = {
  keyword: 'uniqueItems',
  type: 'array',
  schemaType: 'boolean',
  validate,
}

/** The places of the first item that was there before, and of the one that it is the same as. */
function firstDuplicate(list: readonly unknown[]): readonly [earlier: number, later: number] | undefined {
  const simple = new Map<unknown, number>()
  const objects = new Map<unknown, number>()
  for (const [later, item] of list.entries()) {
    const isObject = typeof item === 'object' && item !== null
    const [places, key] = isObject ? [objects, inOrder(item)] : [simple, item]
    const earlier = places.get(key)
    if (earlier !== undefined) return [earlier, later]
    places.set(key, later)
  }
  return undefined
}

/** The same for all that are equal. */
function inOrder(item: object): string {
  return JSON.stringify(item, withNamesInOrder)
}

function withNamesInOrder(_name: string, value: unknown): unknown {
  // What the caller has parsed may hold what JSON cannot say.
  if (value === undefined || typeof value === 'bigint') return `${typeof value} ${value}`
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
}
