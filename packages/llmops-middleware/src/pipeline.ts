/**
 * A layer sees a call, may change it, hands it to `next` and may change the result.
 * It has one job and knows no other layer.
 */
export type Layer<Call, Result> = (call: Call, next: (call: Call) => Promise<Result>) => Promise<Result>

/**
 * One function of a list of layers, outermost first, and the act they surround.
 *
 * @example compose([observe, budget], send)(call)
 */
export function compose<Call, Result>(
  layers: readonly Layer<Call, Result>[],
  act: (call: Call) => Promise<Result>,
): (call: Call) => Promise<Result> {
  return layers.reduceRight<(call: Call) => Promise<Result>>((next, layer) => (call) => layer(call, next), act)
}

/** What a function that may answer at once gives: a memory ledger does, a remote one cannot. */
export type MaybePromise<T> = T | Promise<T>

/** Goes on at once with a value that is there, and later with one that is promised. */
export function andThen<T, U>(value: MaybePromise<T>, next: (value: T) => MaybePromise<U>): MaybePromise<U> {
  return isPromise(value) ? value.then(next) : next(value)
}

export function isPromise<T>(value: MaybePromise<T>): value is Promise<T> {
  return typeof (value as Promise<T> | null)?.then === 'function'
}
