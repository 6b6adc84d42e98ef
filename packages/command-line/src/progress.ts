import { styleText } from 'node:util'

/**
 * Progress for people on standard error, so that standard output holds results alone: one line that changes on a
 * terminal, plain lines elsewhere.
 */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #live = false

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream
  }

  /** Replaces the live line; says nothing where lines cannot be replaced. */
  update(text: string): void {
    if (!this.#stream.isTTY) return
    this.#stream.write(`\r\u001b[2K${text.slice(0, (this.#stream.columns || 120) - 1)}`)
    this.#live = true
  }

  /** A line that stays. */
  line(text: string): void {
    this.stop()
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
