import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from 'command-line/free-port'
import { sourceArguments } from 'command-line/source-arguments'
import { WorkerDidNotStartError } from './worker-did-not-start-error.ts'

export type WorkerOptions = {
  /** The file that Node runs. */
  readonly entry: string
  /** The environment of the process. PATH and HOME are added, and PORT if it is missing. */
  readonly environment: Readonly<Record<string, string>>
  readonly startLimitMs: number
  readonly onLine: (line: string) => void
  readonly onExit: (reason: string) => void
}

/** The number of printed lines that the error shows if a process does not start. */
const KEPT_LINES = 20

// learn.microsoft.com/azure/app-service/reference-app-settings: the default of WEBSITE_WARMUP_PATH.
const START_PATH = '/robots933456.txt'

/** Everything that runs ends with this process, even if the platform is not closed: after a second Ctrl-C. */
const running = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL')
})

/** One process of the application, as App Service runs a container. */
export class Worker {
  readonly url: string
  readonly #process: ChildProcess
  readonly #exited: Promise<string>
  #isAlive = true

  private constructor(child: ChildProcess, url: string, options: WorkerOptions) {
    this.#process = child
    this.url = url
    running.add(child)
    this.#exited = new Promise((resolve) => {
      child.once('error', (error) => resolve(error.message))
      child.once('exit', (code, signal) => resolve(signal === null ? `exit code ${code}` : `${signal}`))
    })
    void this.#exited.then((reason) => {
      this.#isAlive = false
      running.delete(child)
      options.onExit(reason)
    })
  }

  get isAlive(): boolean {
    return this.#isAlive
  }

  get pid(): number | undefined {
    return this.#process.pid
  }

  /** Starts the process and waits until it responds over HTTP with any status. */
  static async start(options: WorkerOptions): Promise<Worker> {
    const port = await freePort()
    const child = spawn(process.execPath, [...sourceArguments(), options.entry], {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        ...options.environment,
        // An app setting overrides the port that the platform chooses.
        PORT: options.environment['PORT'] || String(port),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const lastLines: string[] = []
    for (const output of [child.stdout, child.stderr]) {
      createInterface({ input: output }).on('line', (line) => {
        lastLines.splice(0, lastLines.length - KEPT_LINES + 1)
        lastLines.push(line)
        options.onLine(line)
      })
    }
    // learn.microsoft.com/azure/app-service/reference-app-settings: the port that requests go to.
    const expected = options.environment['WEBSITES_PORT'] || options.environment['PORT'] || port
    const worker = new Worker(child, `http://127.0.0.1:${expected}`, options)
    if (await worker.#responds(options.startLimitMs)) return worker
    const ended = worker.#isAlive ? `did not respond over HTTP within ${options.startLimitMs} ms` : await worker.#exited
    await worker.stop(0)
    throw new WorkerDidNotStartError(options.entry, ended, lastLines)
  }

  /** Tells the process to stop, and kills it if it has not done so within the limit. */
  async stop(limitMs: number): Promise<void> {
    if (!this.#isAlive) return
    this.#process.kill('SIGTERM')
    const limit = new AbortController()
    void delay(limitMs, undefined, { signal: limit.signal }).then(
      () => this.#process.kill('SIGKILL'),
      () => {},
    )
    await this.#exited
    limit.abort()
  }

  /** Ends the process at once, as a crash would. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL')
    await this.#exited
  }

  async #responds(limitMs: number): Promise<boolean> {
    const until = performance.now() + limitMs
    while (this.#isAlive && performance.now() < until) {
      const left = AbortSignal.timeout(Math.max(1, Math.ceil(until - performance.now())))
      const response = await fetch(`${this.url}${START_PATH}`, { signal: left }).catch(() => undefined)
      await response?.body?.cancel()
      if (response !== undefined) return true
      await delay(25)
    }
    return false
  }
}
