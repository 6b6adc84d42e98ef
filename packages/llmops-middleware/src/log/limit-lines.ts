import { notify } from '../notify.ts'
import { realTiming, type Timing } from '../timing.ts'
import type { LogFields, Logger, LogLevel } from './logger.ts'

const LINES = 10
const WINDOW_MS = 60_000
/** The number of codes is limited, because an application may use any number. */
const MOST_CODES = 200
const OTHER = 'other'

export type LineTiming = Pick<Timing, 'monotonicMs' | 'after'>

/** A logger that writes at most ten lines with one `code` per minute, then one line with the count of the others. */
export type LimitedLogger = Logger & {
  /** Writes the pending counts now. Call it before the process ends. */
  flush(): void
}

/** Loggers that are limited already. A shared logger counts all lines together. */
const limited = new WeakSet<Logger>()

/**
 * Limits what a logger writes: at most ten lines with one `code` per minute, then one line with the count of those that
 * were left out. A line without a code is counted by its message.
 *
 * @param timing the clock and the timer, for tests
 * @example
 * const logger = limitLines(pino())
 * const ops = createLlmOps({ logger }) // shares the limit with your own lines
 * logger.warn({ code: 'bad_request', tenant }, 'The request could not be read.')
 */
export function limitLines(logger: Logger, timing: LineTiming = unreferenced): LimitedLogger {
  if (isLimited(logger)) return logger
  const limits = new LineLimits(logger, timing)
  const own: LimitedLogger = {
    info: (fields, message) => limits.write('info', fields, message),
    warn: (fields, message) => limits.write('warn', fields, message),
    error: (fields, message) => limits.write('error', fields, message),
    flush: () => limits.flush(),
  }
  limited.add(own)
  return own
}

function isLimited(logger: Logger): logger is LimitedLogger {
  return limited.has(logger)
}

type Lines = {
  /** When the lines of the last minute were written, the oldest first. */
  readonly writtenAtMs: number[]
  leftOut: number
  level: LogLevel
  cancel: (() => void) | undefined
}

const WEIGHT: Readonly<Record<LogLevel, number>> = { info: 0, warn: 1, error: 2 }

class LineLimits {
  readonly #log: (level: LogLevel, fields: LogFields, message: string) => unknown
  readonly #timing: LineTiming
  readonly #byCode = new Map<string, Lines>()

  constructor(logger: Logger, timing: LineTiming) {
    this.#log = (level, fields, message) => logger[level](fields, message)
    this.#timing = timing
  }

  /** Errors of the logger do not affect the call or the timer. */
  #write(...line: [LogLevel, LogFields, string]): void {
    notify('logger', this.#log, ...line)
  }

  write(level: LogLevel, fields: LogFields, message: string): void {
    const nowMs = this.#timing.monotonicMs()
    const { code, lines } = this.#linesOf(typeof fields['code'] === 'string' ? fields['code'] : message, nowMs)
    forget(lines, nowMs)
    if (lines.leftOut === 0 && lines.writtenAtMs.length < LINES) {
      lines.writtenAtMs.push(nowMs)
      this.#write(level, fields, message)
      return
    }
    lines.level = lines.leftOut > 0 && WEIGHT[lines.level] > WEIGHT[level] ? lines.level : level
    lines.leftOut++
    const dueInMs = (lines.writtenAtMs[0] ?? nowMs) + WINDOW_MS - nowMs
    lines.cancel ??= this.#timing.after(() => this.#writeCount(code, lines), dueInMs)
  }

  flush(): void {
    for (const [code, lines] of this.#byCode) if (lines.leftOut > 0) this.#writeCount(code, lines)
  }

  #linesOf(code: string, nowMs: number): { readonly code: string; readonly lines: Lines } {
    const known = this.#byCode.get(code)
    if (known) return { code, lines: known }
    if (this.#byCode.size >= MOST_CODES) this.#forgetQuiet(nowMs)
    const name = this.#byCode.size >= MOST_CODES ? OTHER : code
    const lines = this.#byCode.get(name) ?? { writtenAtMs: [], leftOut: 0, level: 'info', cancel: undefined }
    this.#byCode.set(name, lines)
    return { code: name, lines }
  }

  #forgetQuiet(nowMs: number): void {
    for (const [code, lines] of this.#byCode) {
      forget(lines, nowMs)
      if (lines.writtenAtMs.length === 0 && lines.leftOut === 0) this.#byCode.delete(code)
    }
  }

  #writeCount(code: string, lines: Lines): void {
    const { leftOut, level } = lines
    lines.cancel?.()
    lines.cancel = undefined
    lines.leftOut = 0
    const what = leftOut === 1 ? 'line was' : 'lines were'
    this.#write(
      level,
      { code, leftOut },
      `${leftOut} more ${what} left out: at most ten with one code are written per minute.`,
    )
  }
}

function forget({ writtenAtMs }: Lines, nowMs: number): void {
  while (writtenAtMs.length > 0 && writtenAtMs[0]! <= nowMs - WINDOW_MS) writtenAtMs.shift()
}

/** A pending count does not keep the process alive. */
const unreferenced: LineTiming = {
  monotonicMs: realTiming.monotonicMs,
  after(act, afterMs) {
    const timer = setTimeout(act, afterMs)
    timer.unref()
    return () => clearTimeout(timer)
  },
}
