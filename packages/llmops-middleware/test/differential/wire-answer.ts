/** An answer as it stands on the wire. */
export type WireAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** Each is written by itself. */
  readonly pieces: readonly Uint8Array[]
  /** What the connection does behind the last piece. @default 'end' */
  readonly ending?: 'end' | 'reset'
}

/** One event of a stream before it is written down: a text stands for itself. */
export type WireEvent = {
  readonly event?: string
  readonly data: unknown
}

/** How a provider may write the same events. */
export type Style = {
  readonly lineEnd: '\n' | '\r\n' | '\r'
  readonly space: '' | ' '
  /** A comment in front of each event of these indexes. */
  readonly comments: readonly number[]
  readonly hasMark: boolean
  readonly hasIds: boolean
  /** Whether the data is written with its indentation, over several lines. */
  readonly isPretty: boolean
}

export const PLAIN_STYLE: Style = {
  lineEnd: '\n',
  space: ' ',
  comments: [],
  hasMark: false,
  hasIds: false,
  isPretty: false,
}

export function written(events: readonly WireEvent[], style: Style): string {
  const { lineEnd, space, comments, hasMark, hasIds, isPretty } = style
  const fields = events.map(({ event, data }, index) => {
    const text = typeof data === 'string' ? data : JSON.stringify(data, null, isPretty ? 1 : 0)
    return [
      ...(comments.includes(index) ? [': OPENROUTER PROCESSING', ''] : []),
      ...(hasIds ? [`id:${space}${index}`] : []),
      ...(event === undefined ? [] : [`event:${space}${event}`]),
      ...text.split('\n').map((line) => `data:${space}${line}`),
      '',
      '',
    ].join(lineEnd)
  })
  return (hasMark ? '\ufeff' : '') + fields.join('')
}

/** Cuts a body at these places, each a share of its length. */
export function cutAt(body: Uint8Array, shares: readonly number[]): Uint8Array[] {
  const places = [...new Set(shares.map((share) => Math.floor(share * body.length)))].sort((a, b) => a - b)
  return [0, ...places].map((start, index) => body.subarray(start, places[index] ?? body.length))
}
