import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'

/** A command that runs in a shell of its own, as if typed there. */
export class Terminal {
  readonly #text: string
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>
  #output = ''

  constructor(text: string, cwd: string, env: NodeJS.ProcessEnv) {
    this.#text = text
    // A process group of its own, which gets Ctrl-C as the group of a terminal does.
    this.#child = spawn('sh', ['-c', text], { cwd, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [this.#child.stdout!, this.#child.stderr!]) {
      stream.setEncoding('utf8').on('data', (piece: string) => {
        this.#output += piece
        this.#child.emit('printed')
      })
    }
    this.#closed = once(this.#child, 'close')
  }

  /** Resolves when the command has printed all of these texts, and no warning before. */
  async prints(all: readonly (string | RegExp)[]): Promise<void> {
    const isPrinted = (part: string | RegExp) =>
      typeof part === 'string' ? this.#output.includes(part) : part.test(this.#output)
    for (;;) {
      const lacking = all.filter((part) => !isPrinted(part))
      if (this.#output.includes('[WARN]')) throw this.#failed('warns')
      if (lacking.length === 0) return
      const goesOn = await Promise.race([once(this.#child, 'printed').then(() => true), this.#closed.then(() => false)])
      if (!goesOn) throw this.#failed(`does not print ${lacking.join(', ')}`)
    }
  }

  async ends(exitCode: number): Promise<void> {
    await this.#closed
    if (this.#child.exitCode !== exitCode) throw this.#failed(`ends with ${this.#child.exitCode}`)
  }

  /** Ends the command with Ctrl-C, and checks that it ends quietly. */
  async interrupt(): Promise<void> {
    process.kill(-this.#child.pid!, 'SIGINT')
    await this.#closed
    if (/^ +at .+:\d+:\d+\)?$/m.test(this.#output)) throw this.#failed('ends with a stack after Ctrl-C')
  }

  /** Ends everything that the command left running. */
  close(): void {
    if (this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.#child.pid!, 'SIGKILL')
  }

  #failed(how: string): Error {
    return new Error(`This command ${how}:\n\n${this.#text}\n\n${this.#output}`)
  }
}
