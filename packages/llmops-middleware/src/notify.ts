/** Callbacks that have failed before: one warning for each says enough. */
const failed = new WeakSet<object>()

/**
 * Calls back somebody who wants to know. What the callback throws, or rejects with, changes nothing for the call that it
 * is told of; it is a warning of the process.
 *
 * @param option that the callback was given as, for the warning.
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
  process.emitWarning(`\`${option}\` failed, and was not heard: ${said}`, { type: 'CallbackWarning' })
}
