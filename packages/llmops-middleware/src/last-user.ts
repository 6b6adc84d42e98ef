import type { MaybePromise } from './pipeline.ts'

/** How many users a shared object has. The last one closes it. */
const users = new WeakMap<object, number>()

/** @returns a function that ends the use, and closes the object if it was the last one */
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
