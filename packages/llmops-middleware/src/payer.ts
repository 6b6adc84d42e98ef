import { type ChecksOf, required, where } from './check.ts'
import { InvalidOptionError } from './errors.ts'
import { nearest } from './nearest.ts'

/** The ids that pay too, by the scopes of the budget: `{ user: 'ada' }`. */
export type Scopes = Readonly<Record<string, string>>

/** Who pays for a call. */
export type Payer = {
  /** The tenant's name, of 1 to 256 characters. */
  readonly tenant: string
  /** The ids that pay too, by the scopes of the budget: `{ user: 'ada' }`. @default none */
  readonly scopes?: Scopes | undefined
}

const LONGEST_NAME = 256

const name = where(`a name of 1 to ${LONGEST_NAME} whole characters`, isName)

/** `checkScopes` checks whether the budget has the scopes. */
export const PAYER: ChecksOf<Payer> = {
  tenant: required(name),
  scopes: where(
    "ids by scope, as in { user: 'ada' }",
    // Not a list, and not a map, whose entries are not members.
    (value) => typeof value === 'object' && value !== null && !(Symbol.iterator in value),
  ),
}

/**
 * Refuses unknown scopes, because they would have no limit.
 *
 * @param known the scopes of the budget; undefined without a budget, when any name is allowed
 * @throws InvalidOptionError if a scope is unknown or its id is invalid.
 */
export function checkScopes(scopes: Scopes, known: readonly string[] | undefined): void {
  for (const scope of Object.keys(scopes)) {
    const id = scopes[scope]
    if (known?.includes(scope) === false) throw unknownScope(scope, id, known)
    if (!isName(id))
      throw new InvalidOptionError(`scopes.${scope}`, id, `an id of 1 to ${LONGEST_NAME} whole characters`)
  }
}

function unknownScope(scope: string, id: unknown, known: readonly string[]): InvalidOptionError {
  const names = known.join(', ') || 'none'
  const meant = nearest(scope, known)
  const hint =
    meant === undefined
      ? 'It would have no limit: list it in `budget.scopes`, or leave it out.'
      : `Did you mean \`${meant}\`?`
  return new InvalidOptionError(
    `scopes.${scope}`,
    id,
    `one of ${names}`,
    hint,
    `is not a scope of the budget, which has ${names}`,
  )
}

/** Half of a surrogate pair is no character: ledgers outside of this process would give all such names one account. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length > 0 && value.length <= LONGEST_NAME && value.isWellFormed()
}
