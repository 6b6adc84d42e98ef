type Version = { readonly numbers: readonly [number, number, number]; readonly pre: readonly string[] }
type Comparator = { readonly operator: '<' | '<=' | '>' | '>=' | '='; readonly version: Version }

/**
 * Whether a version is in a range of a package.json; undefined if the range is not a range of versions (a tag, a URL,
 * `workspace:*`). Source: github.com/npm/node-semver#ranges
 */
export function satisfies(version: string, range: string): boolean | undefined {
  const parsed = parseVersion(version)
  if (!parsed) return undefined
  const sets = range.split('||').map((part) => parseSet(part.trim()))
  if (sets.some((set) => set === undefined)) return undefined
  // If one alternative of the range is `*`, npm ignores the others, and no prerelease is in the range.
  if (sets.some((set) => set!.length === 0)) return parsed.pre.length === 0
  return sets.some((set) => set!.every((comparator) => holds(parsed, comparator)) && allowsPre(parsed, set!))
}

/** npm treats `>=0.0.0` as no bound. */
function isBound({ operator, version: { numbers, pre } }: Comparator): boolean {
  return operator !== '>=' || pre.length > 0 || numbers.some((number) => number > 0)
}

/** A prerelease is in the range only if the range names a prerelease of the same version. */
function allowsPre({ numbers, pre }: Version, set: readonly Comparator[]): boolean {
  return (
    pre.length === 0 ||
    set.some(({ version }) => version.pre.length > 0 && version.numbers.every((number, at) => number === numbers[at]))
  )
}

function parseSet(text: string): Comparator[] | undefined {
  const hyphen = /^(\S+)\s+-\s+(\S+)$/.exec(text)
  if (hyphen) {
    const [from, to] = [parseSimple(`>=${hyphen[1]}`), parseSimple(`<=${hyphen[2]}`)]
    return from && to && [...from, ...to].filter(isBound)
  }
  const comparators: Comparator[] = []
  for (const simple of text.replace(/(\^|~>?|[<>]=?|=)\s+/g, '$1').split(/\s+/)) {
    const parsed = parseSimple(simple)
    if (!parsed) return undefined
    comparators.push(...parsed.filter(isBound))
  }
  return comparators
}

const PARTIAL = /^(\^|~>?|[<>]=?|=)?v?(\d+|[xX*])?(?:\.(\d+|[xX*]))?(?:\.(\d+|[xX*]))?(?:-([\w.-]+))?(?:\+[\w.-]+)?$/

function parseSimple(text: string): Comparator[] | undefined {
  const match = PARTIAL.exec(text)
  if (!match) return undefined
  const [, operator = '', ...parts] = match
  const given = parts.slice(0, 3).map((part) => (part === undefined || /[xX*]/.test(part) ? undefined : Number(part)))
  const wild = given.indexOf(undefined)
  const known = wild < 0 ? 3 : wild
  const numbers = given.map((part, at) => (at < known ? part! : 0)) as [number, number, number]
  const from: Version = { numbers, pre: known === 3 && parts[3] ? parts[3].split('.') : [] }
  if (known === 0) return operator === '<' || operator === '>' ? [below(LEAST)] : []
  switch (operator) {
    case '^': {
      const first = numbers.findIndex((number) => number > 0)
      return [least(from), below(next(numbers, first < 0 || first >= known ? known - 1 : first))]
    }
    case '~':
    case '~>':
      return [least(from), below(next(numbers, Math.min(1, known - 1)))]
    case '>':
      return known === 3 ? [{ operator: '>', version: from }] : [least(next(numbers, known - 1))]
    case '>=':
      return [least(from)]
    case '<':
      return [known === 3 ? { operator: '<', version: from } : below(from)]
    case '<=':
      return known === 3 ? [{ operator: '<=', version: from }] : [below(next(numbers, known - 1))]
    default:
      return known === 3 ? [{ operator: '=', version: from }] : [least(from), below(next(numbers, known - 1))]
  }
}

const LEAST: Version = { numbers: [0, 0, 0], pre: ['0'] }
const least = (version: Version): Comparator => ({ operator: '>=', version })
/** Below a release is below what comes before it, too. */
const below = ({ numbers }: Version): Comparator => ({ operator: '<', version: { numbers, pre: ['0'] } })

function next(numbers: readonly [number, number, number], at: number): Version {
  const raised = numbers.map((number, index) => (index < at ? number : index === at ? number + 1 : 0))
  return { numbers: raised as [number, number, number], pre: [] }
}

function parseVersion(text: string): Version | undefined {
  const match = /^v?(\d+)\.(\d+)\.(\d+)(?:-([\w.-]+))?(?:\+[\w.-]+)?$/.exec(text.trim())
  if (!match) return undefined
  const numbers = [Number(match[1]), Number(match[2]), Number(match[3])] as const
  return { numbers, pre: match[4]?.split('.') ?? [] }
}

function holds(version: Version, { operator, version: bound }: Comparator): boolean {
  const order = compare(version, bound)
  return order === 0 ? operator.includes('=') : operator.startsWith(order < 0 ? '<' : '>')
}

function compare(a: Version, b: Version): number {
  for (const at of [0, 1, 2] as const) if (a.numbers[at] !== b.numbers[at]) return a.numbers[at] - b.numbers[at]
  if (a.pre.length === 0 || b.pre.length === 0) return b.pre.length - a.pre.length
  for (let at = 0; at < Math.max(a.pre.length, b.pre.length); at++) {
    const order = comparePart(a.pre[at], b.pre[at])
    if (order !== 0) return order
  }
  return 0
}

function comparePart(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)]
  if (aIsNumber && bIsNumber) return Number(a) - Number(b)
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1
  return a < b ? -1 : a > b ? 1 : 0
}
