import { styleText } from 'node:util'
import { type LimitedLogger, type LogFields, limitLines } from 'llmops-middleware'

export type LogLevel = 'info' | 'warn' | 'error'
export type AgentLog = LimitedLogger

export type AgentLogOptions = {
  /** Whether to write JSON, for machines, or plain text, for people. */
  readonly isJson: boolean
  readonly write?: (level: LogLevel, line: string) => void
  readonly now?: () => Date
  /** The clock of the limits. @default the real clock */
  readonly timing?: Parameters<typeof limitLines>[1]
}

/** The log of the agent: at most ten entries with the same code per minute, each on one line. */
export function createAgentLog({
  isJson,
  write = toConsole,
  now = () => new Date(),
  timing,
}: AgentLogOptions): AgentLog {
  const lineOf = isJson ? jsonLine : plainLine
  const at = (level: LogLevel) => (fields: LogFields, message: string) =>
    write(level, lineOf({ level, at: now(), fields, message }))
  return limitLines({ info: at('info'), warn: at('warn'), error: at('error') }, timing)
}

type Line = { readonly level: LogLevel; readonly at: Date; readonly fields: LogFields; readonly message: string }

function jsonLine({ level, at, fields, message }: Line): string {
  return JSON.stringify({ time: at.toISOString(), level, msg: message, ...fields })
}

/** The fields shown at a terminal. The JSON of production has all of them. */
const SHOWN = ['code', 'tenant', 'taskId', 'leftOut'] as const
const COLOURS = { info: 'reset', warn: 'yellow', error: 'red' } as const

function plainLine({ level, at, fields, message }: Line): string {
  const shown = SHOWN.flatMap((name) => (fields[name] === undefined ? [] : [`${name}=${String(fields[name])}`]))
  const text = [message, ...shown].join('  ').replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
  // Only for a terminal, and not with NO_COLOR.
  const word = styleText(COLOURS[level], level.padEnd(5), { stream: process.stderr })
  return `${at.toTimeString().slice(0, 8)} ${word} ${text}`
}

function toConsole(level: LogLevel, line: string): void {
  console[level](line)
}
