import express, { type Request, type Response, type Router } from 'express'
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
import { requireToken } from './admin-token.ts'
import { passingErrors } from './passing-errors.ts'
import type { Problem } from './problem.ts'
import { problemHandler } from './problem-handler.ts'

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

export type AdminRouterOptions = AdminParts & {
  /** What `createLlmOps` returned, for `chaos` and `budget` at once. @default none */
  readonly ops?: AdminParts | undefined
  /** What `Authorization: Bearer` must carry. Without a token, or with an empty one, every route answers 404. */
  readonly token: string | undefined
}

const PARTS: ChecksOf<AdminParts> = {
  chaos: having('a ChaosController', 'set', 'read', 'clear'),
  budget: having('a BudgetBreaker', 'read'),
}

export const ADMIN_ROUTER_OPTIONS: ChecksOf<AdminRouterOptions> = {
  ...PARTS,
  ops: implementing('what createLlmOps returned', PARTS),
  token: anyText,
}

const MAX_BODY = '16kb'

/**
 * `GET|POST|DELETE /admin/chaos`, and `GET|PUT /admin/budget?tenant=…&scope=…&id=…` (or `/admin/budget/:tenant` and
 * `/admin/budget/:tenant/:scope/:id`, where no name is `.` or `..`), for whoever has the token. `PUT` takes
 * `{ limitUsd, lasts }`: null goes back to the configured limit.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.use(adminRouter({ ops, token: process.env.ADMIN_TOKEN }))
 */
export function adminRouter(options: AdminRouterOptions): Router {
  checkOptions(options, ADMIN_ROUTER_OPTIONS)
  const { ops, chaos = ops?.chaos, budget = ops?.budget, token } = options
  const router = express.Router()
  router.use('/admin', requireToken(token), (_request, response, next) => {
    response.set('cache-control', 'no-store')
    next()
  })
  if (chaos) {
    router
      .route('/admin/chaos')
      .get((_request, response) => void response.json(chaos.read()))
      .post(express.json({ limit: MAX_BODY }), (request, response) => {
        // The controller checks every setting itself, and changes nothing when one cannot be used.
        response.json(chaos.set(request.body))
      })
      .delete((_request, response) => {
        chaos.clear()
        response.json(chaos.read())
      })
  }
  if (budget) {
    const readAccount = async (request: Request, response: Response) => {
      const { tenant, scope } = accountOf(request)
      response.json({ tenant, ...(scope && { scope }), ...(await budget.read(tenant, scope)) })
    }
    const { setLimit } = budget
    const changeLimit = async (request: Request, response: Response) => {
      checkOptions(request.body ?? {}, LIMIT_CHANGE)
      const { limitUsd, lasts } = request.body as LimitChange
      await setLimit?.call(budget, { ...accountOf(request), limitUsd: limitUsd ?? undefined, lasts })
      await readAccount(request, response)
    }
    for (const path of ['/admin/budget', '/admin/budget/:tenant', '/admin/budget/:tenant/:scope/:id']) {
      router.get(path, passingErrors(readAccount))
      if (setLimit) router.put(path, express.json({ limit: MAX_BODY }), passingErrors(changeLimit))
    }
  }
  router.use('/admin', problemHandler({ describe: invalidOption }))
  return router
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

/** Of the path, or of the query: clients take `.` and `..` out of a path, however they are encoded. */
type Named = { readonly tenant: string; readonly scope?: string; readonly id?: string }
const TENANT: ChecksOf<Pick<Named, 'tenant'>> = { tenant: required(text) }
const SCOPE: ChecksOf<Required<Named>> = { ...TENANT, scope: required(text), id: required(text) }

function accountOf({ params, query }: Request): { readonly tenant: string; readonly scope?: AccountScope } {
  const { tenant, scope, id } = ('tenant' in params ? params : query) as Named
  if (scope === undefined && id === undefined) checkOptions({ tenant }, TENANT)
  else checkOptions({ tenant, scope, id }, SCOPE)
  return { tenant, ...(scope !== undefined && id !== undefined && { scope: { name: scope, id } }) }
}

/** Here, and only here, an option that cannot be used came with the request: elsewhere it is a mistake of ours. */
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
