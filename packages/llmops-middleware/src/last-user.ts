import type { MaybePromise } from './pipeline.ts'

/** How many use a thing that several may be given, and that the last of them closes. */
const users = new WeakMap<object, number>()

/** @returns what its user calls when it has done with it; resolves once that, or nothing, was closed. */
export function shareUse(shared: { close(): MaybePromise<void> }): () => Promise<void> {
  users.set(shared, (users.get(shared) ?? 0) + 1)
  let isUsed = true
  return async () => {
    if (!isUsed) return
    isUsed = false
    const others = users.get(shared)! - 1
    users.set(shared, others)
    if (others === 0) await shared.close()
  }
}
