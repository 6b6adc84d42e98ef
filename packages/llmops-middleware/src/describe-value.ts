const LONGEST = 60

/** Describes an invalid value for an error message, without the content of objects, keys and passwords. */
export function describeValue(value: unknown): string {
  switch (typeof value) {
    case 'string':
      return `'${shortened(withoutSecrets(value))}'`
    case 'bigint':
      return `${value}n`
    case 'function':
      return 'a function'
    case 'object':
      return describeObject(value)
    default:
      return String(value)
  }
}

function describeObject(value: object | null): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty array' : 'an array'
  const name = classOf(value)
  if (name === 'Promise') return 'a promise'
  return name === '' || name === 'Object' ? 'an object' : `an object of class ${shortened(name)}`
}

/** Returns the name of an object's class; '' if it has none. */
export function classOf(value: object): string {
  try {
    const made = value.constructor
    return typeof made === 'function' ? made.name : ''
  } catch {
    return ''
  }
}

const shortened = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text)

/** Removes passwords of URLs, tokens and keys, because error messages are logged. */
function withoutSecrets(text: string): string {
  return text
    .replace(/(:\/\/)[^/@\s]*@/g, '$1…@')
    .replace(/\b(Bearer|Basic) .*/i, '$1 …')
    .replace(/\b(sk|pk|rk|gsk|xai)-.*/i, '$1-…')
    .replace(/((?:key|password|pwd|secret|token)=).*/i, '$1…')
}
