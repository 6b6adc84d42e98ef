export { parseUrl } from './parse-url.ts'
export { Progress, paint } from './progress.ts'
export { runProgram } from './run-program.ts'
export { UsageError } from './usage-error.ts'
