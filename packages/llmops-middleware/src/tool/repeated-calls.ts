import { shortened } from './canonical-json.ts'
import { RecentMap } from './recent-map.ts'
import { resultWithoutMoments, withoutMoments } from './without-moments.ts'

/** The arguments and the result of a call. The arguments are canonical JSON. */
export type PastCall = { readonly args: string; readonly result: string }

/** Keyed by the arguments. */
type LastResults = RecentMap<{ readonly result: string; readonly times: number }>

/** How many calls with different arguments are stored per tool and task. */
const MAX_REMEMBERED = 512

/** The calls of one tool in one task. */
export class RepeatedCalls {
  /** Not hashed, so that a tool which is called once costs nothing. */
  #first: PastCall | undefined
  #last: LastResults | undefined

  /**
   * Returns how often in a row calls with these arguments had this result. Calls with other arguments do not interrupt
   * the row.
   */
  add(call: PastCall): number {
    if (this.#last) return this.#count(this.#last, call)
    if (!this.#first) {
      this.#first = call
      return 1
    }
    this.#last = new RecentMap(MAX_REMEMBERED)
    this.#count(this.#last, this.#first)
    this.#first = undefined
    return this.#count(this.#last, call)
  }

  #count(lasts: LastResults, { args, result }: PastCall): number {
    const key = shortened(withoutMoments(args))
    // Not canonical JSON: a function writes its members in the same order each time.
    const own = shortened(resultWithoutMoments(result))
    const last = lasts.get(key)
    const times = last?.result === own ? last.times + 1 : 1
    lasts.set(key, { result: own, times })
    return times
  }
}
