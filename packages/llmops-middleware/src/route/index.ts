export { AttemptTimeoutError } from '../model/attempt-timeout-error.ts'
export type { Target } from '../model/target.ts'
export { routeLayer } from './layer.ts'
export type { RouteOptions } from './options.ts'
