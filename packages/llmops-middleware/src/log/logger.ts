import { either, having, oneOf } from '../check.ts'

/** What lines are given to, in the shape of pino: an object of fields, then a sentence. */
export interface Logger {
  /**
   * Writes a line of no urgency.
   *
   * @param message the sentence of the line
   */
  info(fields: LogFields, message: string): void
  /**
   * Writes a warning.
   *
   * @param message the sentence of the line
   */
  warn(fields: LogFields, message: string): void
  /**
   * Writes an error.
   *
   * @param message the sentence of the line
   */
  error(fields: LogFields, message: string): void
}

/** The fields of a line of the log. */
export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = keyof Logger

export const LOGGER = either(having<Logger>('a logger', 'info', 'warn', 'error'), oneOf(false))

/** One line of JSON a record on stderr, from warnings up. */
export const consoleLogger: Logger = {
  info() {},
  warn: (fields, message) => console.warn(jsonLine('warn', fields, message)),
  error: (fields, message) => console.error(jsonLine('error', fields, message)),
}

/** @example jsonLine('warn', { code: 'http_429' }, 'Throttled.') // {"time":"2026-…","level":"warn","code":… */
function jsonLine(level: LogLevel, fields: LogFields, msg: string): string {
  return JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })
}
