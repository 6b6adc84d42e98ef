export {
  type AdminOptions,
  type AdminParts,
  createAdmin,
} from './admin.ts'
export { tokenCheck } from './admin-token.ts'
export { type Answer, problemAnswer } from './answer.ts'
export { asError } from './as-error.ts'
export { endLeftOpen, type OpenResponse } from './end-left-open.ts'
export { describeFailure, FAILURE_OPTIONS, type FailureOptions } from './failure.ts'
export { createHealth, type HealthOptions } from './health.ts'
export { noteFailure, runNodeExchange } from './node-exchange.ts'
export { OPS } from './ops.ts'
export type { Problem } from './problem.ts'
export { problemOf } from './problem-of.ts'
export { PROBLEM_STATUS } from './problem-status.ts'
export { REQUEST_TASK_OPTIONS, type RequestTaskOptions, TASK_ID_HEADER } from './request-task.ts'
export { runRequest } from './run-request.ts'
export { UnknownTenantError } from './unknown-tenant-error.ts'
