import type { OpsEvents } from '../events/index.ts'
import { limitLines } from './limit-lines.ts'
import { lineOf } from './lines.ts'
import { consoleLogger, type Logger } from './logger.ts'

/**
 * Writes one line for each failed task and each call that went another way than it was asked.
 *
 * @returns what writes the counts that are due, for whoever closes.
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
