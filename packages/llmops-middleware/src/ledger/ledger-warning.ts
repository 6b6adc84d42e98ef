/** A damaged store would otherwise cause a warning for each of its keys. */
const MAX_WARNINGS = 100

const warned = new Set<string>()

/** Warns the operator, once per process, about an error whose details the caller does not log. */
export function warnOfLedger(code: string, message: string): void {
  if (warned.has(message) || warned.size >= MAX_WARNINGS) return
  warned.add(message)
  process.emitWarning(message, { type: 'LedgerWarning', code })
}
