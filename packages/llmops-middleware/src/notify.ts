/** Callbacks that have failed before. Each causes only one warning. */
const failed = new WeakSet<object>()

/**
 * Calls a callback. If it throws or rejects, the call that it is about is not affected; the error becomes a process
 * warning.
 *
 * @param option the name of the option with the callback, for the warning
 */
export function notify<Event extends readonly unknown[]>(
  option: string,
  callback: ((...event: Event) => unknown) | undefined,
  ...event: Event
): void {
  if (!callback) return
  const warn = (error: unknown) => warnOnce(option, callback, error)
  try {
    const answer = callback(...event) as { then?: unknown } | null | undefined
    if (typeof answer?.then === 'function') Promise.resolve(answer).catch(warn)
  } catch (error) {
    warn(error)
  }
}

function warnOnce(option: string, callback: object, error: unknown): void {
  if (failed.has(callback)) return
  failed.add(callback)
  const said = error instanceof Error ? error.message : String(error)
  process.emitWarning(`\`${option}\` failed, which does not affect calls: ${said}`, { type: 'CallbackWarning' })
}
