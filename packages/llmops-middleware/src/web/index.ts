/**
 * Handlers from `Request` to `Response`, as in Next.js and Hono: a task for each request, problem responses, admin and
 * health routes.
 *
 * @module
 */
export { ClientDisconnectedError } from '../client-disconnected-error.ts'
export { type AdminParts, type Problem, problemOf, TASK_ID_HEADER, UnknownTenantError } from '../http/index.ts'
export { type AdminHandlerOptions, adminHandler } from './admin-handler.ts'
export { type FetchHandler, type GovernedOptions, governed } from './governed.ts'
export { type HealthHandlerOptions, healthHandler } from './health-handler.ts'
export { problemResponse } from './response.ts'
