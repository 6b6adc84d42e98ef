import type { OpsEvents } from '../events/index.ts'
import { limitLines } from './limit-lines.ts'
import { lineOf } from './lines.ts'
import { consoleLogger, type Logger } from './logger.ts'

/**
 * Writes one line for each failed task, and for each call that failed or was changed.
 *
 * @returns a function that writes the pending counts
 */
export function logEvents(events: OpsEvents, logger: Logger | false = console): () => void {
  if (logger === false) return () => {}
  const lines = limitLines(logger === console ? consoleLogger : logger)
  events.subscribe((event) => {
    const line = lineOf(event)
    if (line) lines[line.level](line.fields, line.message)
  }, 'trouble')
  return () => lines.flush()
}
