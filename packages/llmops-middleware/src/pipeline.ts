/**
 * A layer gets a call, may change it, passes it to `next`, and may change the result. It has one job and knows no other
 * layer.
 */
export type Layer<Call, Result> = (call: Call, next: (call: Call) => Promise<Result>) => Promise<Result>

/**
 * Composes a list of layers, outermost first, and the function that they surround.
 *
 * @example compose([observe, budget], send)(call)
 */
export function compose<Call, Result>(
  layers: readonly Layer<Call, Result>[],
  act: (call: Call) => Promise<Result>,
): (call: Call) => Promise<Result> {
  return layers.reduceRight<(call: Call) => Promise<Result>>((next, layer) => (call) => layer(call, next), act)
}

/** The result of a function that may be synchronous: of a memory ledger it is, of a remote one it is not. */
export type MaybePromise<T> = T | Promise<T>

/** Calls `next` synchronously with a value, or later with the value of a promise. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value)
}

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null)?.then === 'function'
}
