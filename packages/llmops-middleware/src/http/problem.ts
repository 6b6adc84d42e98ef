/** Problem details of RFC 9457, with the headers that go with them. */
export type Problem = {
  /** The HTTP status. */
  readonly status: number
  /** Stable: what a program decides by. */
  readonly code: string
  /** What kind of problem it is, in a few words. */
  readonly title: string
  /** For people. Never a stack, never a message of an error we do not know. */
  readonly detail: string
  /** Headers of the response. */
  readonly headers?: Readonly<Record<string, string>>
  /** More members, such as `field` or `resetsAt`. */
  readonly members?: Readonly<Record<string, unknown>>
}
