type CopyOf = (member: unknown) => unknown

/**
 * Returns a deep copy of arguments or of a result, so that code which changes its copy does not affect others. Lists,
 * plain objects, dates, maps and sets are copied with what they contain. An object of any other class is shared.
 */
export function ownCopy<Value>(value: Value): Value {
  // Keyed by the original, because values of an application may be circular.
  const copies = new Map<object, object>()
  const copyOf: CopyOf = (value) => {
    if (typeof value !== 'object' || value === null) return value
    return copies.get(value) ?? copyObject(value, copies, copyOf)
  }
  return copyOf(value) as Value
}

function copyObject(original: object, copies: Map<object, object>, copyOf: CopyOf): object {
  const prototype = Object.getPrototypeOf(original)
  if (prototype === Date.prototype) return new Date(original as Date)
  const remember = <Copy extends object>(copy: Copy) => {
    copies.set(original, copy)
    return copy
  }
  if (Array.isArray(original)) return fillList(remember([]), original, copyOf)
  if (prototype === Map.prototype) return fillMap(remember(new Map()), original as Map<unknown, unknown>, copyOf)
  if (prototype === Set.prototype) return fillSet(remember(new Set()), original as Set<unknown>, copyOf)
  if (prototype !== Object.prototype && prototype !== null) return original
  return fillObject(remember(prototype === null ? Object.create(null) : {}), original, copyOf)
}

function fillList(copy: unknown[], original: readonly unknown[], copyOf: CopyOf): object {
  for (const member of original) copy.push(copyOf(member))
  return copy
}

function fillMap(copy: Map<unknown, unknown>, original: ReadonlyMap<unknown, unknown>, copyOf: CopyOf): object {
  for (const [key, member] of original) copy.set(copyOf(key), copyOf(member))
  return copy
}

function fillSet(copy: Set<unknown>, original: ReadonlySet<unknown>, copyOf: CopyOf): object {
  for (const member of original) copy.add(copyOf(member))
  return copy
}

function fillObject(copy: Record<string, unknown>, original: object, copyOf: CopyOf): object {
  for (const name of Object.keys(original)) {
    const member = copyOf((original as Record<string, unknown>)[name])
    if (name === '__proto__') setOwn(copy, name, member)
    else copy[name] = member
  }
  return copy
}

/** Defines `__proto__` as a member; an assignment would change the prototype. */
function setOwn(copy: object, name: string, value: unknown): void {
  Object.defineProperty(copy, name, { value, enumerable: true, writable: true, configurable: true })
}
