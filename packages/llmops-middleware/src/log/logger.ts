import { either, having, oneOf } from '../check.ts'

/** A logger with the interface of pino: an object of fields, then a message. */
export interface Logger {
  /**
   * Writes an informational line.
   *
   * @param message the message of the line
   */
  info(fields: LogFields, message: string): void
  /**
   * Writes a warning.
   *
   * @param message the message of the line
   */
  warn(fields: LogFields, message: string): void
  /**
   * Writes an error.
   *
   * @param message the message of the line
   */
  error(fields: LogFields, message: string): void
}

/** The fields of a log line. */
export type LogFields = Readonly<Record<string, unknown>>
export type LogLevel = keyof Logger

export const LOGGER = either(having<Logger>('a logger', 'info', 'warn', 'error'), oneOf(false))

/** Writes warnings and errors as lines of JSON to stderr. */
export const consoleLogger: Logger = {
  info() {},
  warn: (fields, message) => console.warn(jsonLine('warn', fields, message)),
  error: (fields, message) => console.error(jsonLine('error', fields, message)),
}

/** @example jsonLine('warn', { code: 'http_429' }, 'Throttled.') // {"time":"2026-…","level":"warn","code":… */
function jsonLine(level: LogLevel, fields: LogFields, msg: string): string {
  return JSON.stringify({ time: new Date().toISOString(), level, msg, ...fields })
}
