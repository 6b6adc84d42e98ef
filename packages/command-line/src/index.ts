export { Progress, paint } from './progress.ts'
export { UsageError } from './usage-error.ts'
