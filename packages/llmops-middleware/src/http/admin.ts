import type { AccountScope, LimitOverride } from '../budget/index.ts'
import type { ChaosSettings } from '../chaos/index.ts'
import {
  anyText,
  type ChecksOf,
  checkOptions,
  either,
  having,
  implementing,
  oneOf,
  required,
  text,
  usd,
  where,
} from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { MaybePromise } from '../pipeline.ts'
import type { Usd } from '../usd.ts'
import { tokenCheck } from './admin-token.ts'
import { type Answer, jsonAnswer, problemAnswer } from './answer.ts'
import { describeFailure } from './failure.ts'
import type { Problem } from './problem.ts'
import { PROBLEM_STATUS } from './problem-status.ts'

/** What there is to administer. A part that is not given has no route. */
export type AdminParts = {
  /** Faults: `ops.chaos`, or a `ChaosController` of your own. @default that of `ops` */
  readonly chaos?: { set(settings: ChaosSettings): unknown; read(): unknown; clear(): unknown } | undefined
  /** Budgets: `ops.budget`, or a `BudgetBreaker` of your own. @default that of `ops` */
  readonly budget?: AdministeredBudget | undefined
}

export type AdministeredBudget = {
  /** Returns what an account has spent of its limit. */
  read(tenant: string, scope?: AccountScope): MaybePromise<object>
  /** Changes the limit of an account. @default limits are only read */
  setLimit?(override: LimitOverride): MaybePromise<unknown>
}

export type AdminOptions = AdminParts & {
  /** What `createLlmOps` returned, for `chaos` and `budget` at once. @default none */
  readonly ops?: AdminParts | undefined
  /** What `Authorization: Bearer` must carry. Without a token, or with an empty one, every route answers 404. */
  readonly token: string | undefined
}

const PARTS: ChecksOf<AdminParts> = {
  chaos: having('a ChaosController', 'set', 'read', 'clear'),
  budget: having('a BudgetBreaker', 'read'),
}

export const ADMIN_OPTIONS: ChecksOf<AdminOptions> = {
  ...PARTS,
  ops: implementing('what createLlmOps returned', PARTS),
  token: anyText,
}

/** One request for something under `/admin`. */
export type AdminCall = {
  readonly method: string
  /** What follows `/admin`, percent-encoded, without the query: `/chaos`. */
  readonly path: string
  readonly query: URLSearchParams
  readonly authorization: string | null | undefined
  /** Reads and parses the body. Called only after the token was checked. */
  readonly readBody: () => MaybePromise<unknown>
}

/**
 * The routes of `/admin`, whatever framework brings the requests.
 *
 * @returns a function that answers a request, or returns undefined where a caller with the token asks for no route of ours.
 * @throws InvalidOptionError naming the option that cannot be used.
 */
export function createAdmin(options: AdminOptions): (call: AdminCall) => Promise<Answer | undefined> {
  checkOptions(options, ADMIN_OPTIONS)
  const { ops, chaos = ops?.chaos, budget = ops?.budget, token } = options
  const carriesToken = tokenCheck(token)
  return async (call) => {
    if (!token) return problemAnswer(NOTHING_HERE)
    if (!carriesToken(call.authorization)) return problemAnswer(ADMIN_ONLY)
    try {
      const shown = await act(call, chaos, budget)
      return shown === undefined ? undefined : jsonAnswer(shown)
    } catch (error) {
      return problemAnswer(describeFailure(error, undefined, { describe: invalidOption }).problem)
    }
  }
}

const NOTHING_HERE: Problem = {
  status: PROBLEM_STATUS.not_found,
  code: 'not_found',
  title: 'Not found',
  detail: 'There is nothing here.',
}

const ADMIN_ONLY: Problem = {
  status: PROBLEM_STATUS.unauthorized,
  code: 'unauthorized',
  title: 'Admin only',
  detail: 'Send `Authorization: Bearer <admin token>`.',
  headers: { 'www-authenticate': 'Bearer realm="admin"' },
}

/** Runs the request. @returns the body of the answer, or undefined if there is no such route */
async function act(call: AdminCall, chaos: AdminParts['chaos'], budget: AdminParts['budget']): Promise<unknown> {
  const [, part, ...names] = call.path.replace(/\/$/, '').split('/')
  const method = call.method === 'HEAD' ? 'GET' : call.method
  if (part === 'chaos' && names.length === 0 && chaos) {
    if (method === 'GET') return chaos.read()
    // The controller checks every setting itself, and changes nothing when one cannot be used.
    if (method === 'POST') return chaos.set((await bodyOf(call)) as ChaosSettings)
    if (method !== 'DELETE') return undefined
    chaos.clear()
    return chaos.read()
  }
  if (part !== 'budget' || !budget || ![0, 1, 3].includes(names.length) || names.includes('')) return undefined
  const isRead = method === 'GET'
  if (!isRead && !(method === 'PUT' && budget.setLimit)) return undefined
  const account = accountOf(names.length > 0 ? names.map(decode) : namedIn(call.query))
  if (!isRead) {
    const body = await bodyOf(call)
    checkOptions(body, LIMIT_CHANGE)
    const { limitUsd, lasts } = body as LimitChange
    await budget.setLimit?.({ ...account, limitUsd: limitUsd ?? undefined, lasts })
  }
  const { tenant, scope } = account
  return { tenant, ...(scope && { scope }), ...(await budget.read(tenant, scope)) }
}

/** @throws InvalidOptionError for a body that was not sent as JSON, which `curl -d` alone does not do. */
async function bodyOf(call: AdminCall): Promise<unknown> {
  const body = await call.readBody()
  if (body !== undefined && body !== null) return body
  throw new InvalidOptionError('body', undefined, 'JSON, sent with the header `content-type: application/json`')
}

/** The body of a `PUT`. */
type LimitChange = {
  /** In US dollars; null goes back to the configured limit. */
  readonly limitUsd: Usd | null
  /** How long it holds: for the current period, or from now on. @default 'period' */
  readonly lasts?: 'period' | 'always' | undefined
}

const LIMIT_CHANGE: ChecksOf<LimitChange> = {
  limitUsd: {
    ...either(
      usd,
      where('null', (value) => value === null),
    ),
    isRequired: true,
  },
  lasts: oneOf('period', 'always'),
}

/** Marked as Express' router marks it: the request is wrong. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch (error) {
    throw Object.assign(error as URIError, { status: 400 })
  }
}

/** Comes from the path or from the query, because clients remove `.` and `..` from a path, even if they are encoded. */
type OwnAccount = {
  /** Whose account. */
  readonly tenant: string
}
type ScopedAccount = OwnAccount & {
  /** What kind of account within the tenant, as `user`. */
  readonly scope: string
  /** Which one of that kind. */
  readonly id: string
}
const TENANT: ChecksOf<OwnAccount> = { tenant: required(text) }
const SCOPE: ChecksOf<ScopedAccount> = { ...TENANT, scope: required(text), id: required(text) }

/** The names of an account; one that is given twice is none. */
function namedIn(query: URLSearchParams): readonly unknown[] {
  return ['tenant', 'scope', 'id'].map((name) => {
    const [value, ...more] = query.getAll(name)
    return more.length > 0 ? [value, ...more] : value
  })
}

function accountOf([tenant, scope, id]: readonly unknown[]): {
  readonly tenant: string
  readonly scope?: AccountScope
} {
  const named = { tenant, scope, id } as OwnAccount & Partial<ScopedAccount>
  if (scope === undefined && id === undefined) checkOptions({ tenant }, TENANT)
  else checkOptions({ tenant, scope, id }, SCOPE)
  return {
    tenant: named.tenant,
    ...(named.scope !== undefined && named.id !== undefined && { scope: { name: named.scope, id: named.id } }),
  }
}

/** Only here does an invalid option come from the request. Elsewhere it is a mistake of ours. */
function invalidOption(error: unknown): Problem | undefined {
  if (!InvalidOptionError.isInstance(error)) return undefined
  return {
    status: 400,
    code: error.code,
    title: 'The request cannot be used',
    detail: error.message,
    members: { field: error.option, accepted: error.accepted },
  }
}
