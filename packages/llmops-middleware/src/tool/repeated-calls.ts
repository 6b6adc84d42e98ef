import { shortened } from './canonical-json.ts'
import { RecentMap } from './recent-map.ts'

/** What a call was made with, as canonical JSON, and what came of it. */
export type PastCall = { readonly args: string; readonly result: string }

/** By the arguments. */
type LastResults = RecentMap<{ readonly result: string; readonly times: number }>

/** Calls with other arguments that are remembered, of one tool in one task. */
const MAX_REMEMBERED = 512

/** The calls of one tool in one task. */
export class RepeatedCalls {
  /** As it came: nothing is hashed for a tool that is called once. */
  #first: PastCall | undefined
  #last: LastResults | undefined

  /** How often in a row calls with these arguments have had this result, whatever was called in between. */
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
    const key = shortened(args)
    // As the function writes it: its order of members is its own.
    const own = shortened(result)
    const last = lasts.get(key)
    const times = last?.result === own ? last.times + 1 : 1
    lasts.set(key, { result: own, times })
    return times
  }
}
