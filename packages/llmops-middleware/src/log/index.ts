export { type LimitedLogger, limitLines } from './limit-lines.ts'
export { logEvents } from './log-events.ts'
export { LOGGER, type LogFields, type Logger } from './logger.ts'
