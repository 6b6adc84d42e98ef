/** Every key of a damaged store would say the same. */
const MOST_WARNINGS = 100

const warned = new Set<string>()

/** Tells the operator, once in a process, what a caller's error does not reach the log with. */
export function warnOfLedger(code: string, message: string): void {
  if (warned.has(message) || warned.size >= MOST_WARNINGS) return
  warned.add(message)
  process.emitWarning(message, { type: 'LedgerWarning', code })
}
