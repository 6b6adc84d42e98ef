import express, { type Request, type Response, type Router } from 'express'
import type { ChaosSettings } from '../chaos/index.ts'
import { anyText, type ChecksOf, checkOptions, having, implementing } from '../check.ts'
import { InvalidOptionError } from '../errors.ts'
import type { MaybePromise } from '../pipeline.ts'
import { requireToken } from './admin-token.ts'
import { passingErrors } from './passing-errors.ts'
import type { Problem } from './problem.ts'
import { problemHandler } from './problem-handler.ts'

/** What there is to administer. A part that is not given has no route. */
export type AdminParts = {
  /** Faults: `ops.chaos`, or a `ChaosController` of your own. @default that of `ops` */
  readonly chaos?: { set(settings: ChaosSettings): unknown; read(): unknown; clear(): unknown } | undefined
  /** Budgets: `ops.budget`, or a `BudgetBreaker` of your own. @default that of `ops` */
  readonly budget?: { read(tenant: string): MaybePromise<object> } | undefined
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
 * `GET|POST|DELETE /admin/chaos` and `GET /admin/budget/:tenant`, for whoever has the token.
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
    const read = async (request: Request, response: Response) => {
      const tenant = String(request.params['tenant'])
      response.json({ tenant, ...(await budget.read(tenant)) })
    }
    router.get('/admin/budget/:tenant', passingErrors(read))
  }
  router.use('/admin', problemHandler({ describe: invalidOption }))
  return router
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
