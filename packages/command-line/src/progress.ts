import { styleText } from 'node:util'

const INTERVAL_MS = 10_000

/**
 * Progress for people on standard error, so that standard output holds results alone: one line that changes on a
 * terminal, plain lines elsewhere.
 */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  readonly #now: () => number
  #live = false
  #saidAtMs: number

  /** @param now milliseconds of a clock that only goes forward */
  constructor(stream: NodeJS.WriteStream = process.stderr, now = () => performance.now()) {
    this.#stream = stream
    this.#now = now
    this.#saidAtMs = now()
  }

  /** Replaces the live line; where lines cannot be replaced, adds one every 10 s, so that a log shows that it goes on. */
  update(text: string): void {
    if (!this.#stream.isTTY) {
      if (this.#now() - this.#saidAtMs >= INTERVAL_MS) this.line(text)
      return
    }
    this.#stream.write(`\r\u001b[2K${text.slice(0, (this.#stream.columns || 120) - 1)}`)
    this.#live = true
  }

  /** A line that stays. */
  line(text: string): void {
    this.stop()
    this.#saidAtMs = this.#now()
    this.#stream.write(`${text}\n`)
  }

  stop(): void {
    if (this.#live) this.#stream.write('\r\u001b[2K')
    this.#live = false
  }
}

type Style = Parameters<typeof styleText>[0]

/** Colours a terminal only: `styleText` looks at the stream, NO_COLOR and FORCE_COLOR. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return styleText(style, text, { stream })
}
