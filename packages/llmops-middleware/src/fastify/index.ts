/**
 * Fastify 5: a task for each request, problem responses, admin and health routes.
 *
 * @module
 */
export { ClientDisconnectedError } from '../client-disconnected-error.ts'
export { type AdminParts, type Problem, problemOf, TASK_ID_HEADER, UnknownTenantError } from '../http/index.ts'
export { type AdminRoutesOptions, adminRoutes } from './admin-routes.ts'
export { type HealthRoutesOptions, healthRoutes } from './health-routes.ts'
export { type ProblemHandlerOptions, problemHandler } from './problem-handler.ts'
export { type TaskPluginOptions, taskPlugin } from './task-plugin.ts'
