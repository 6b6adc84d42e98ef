/**
 * Express 4.21 and 5: a task for each request, problem responses, admin and health routes.
 *
 * @module
 */
export {
  type AdminParts,
  type AdminRouterOptions,
  adminRouter,
  ClientDisconnectedError,
  type HealthRouterOptions,
  healthRouter,
  type Problem,
  type ProblemHandlerOptions,
  problemHandler,
  problemOf,
  sendProblem,
  TASK_ID_HEADER,
  type TaskMiddlewareOptions,
  taskMiddleware,
  tenantFromHeader,
  UnknownTenantError,
} from '../express/index.ts'
