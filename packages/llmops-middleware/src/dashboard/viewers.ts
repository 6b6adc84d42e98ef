import type { Request, Response } from 'express'
import { sendProblem } from '../express/index.ts'
import type { EndedTask, History, Mark, WindowName } from '../history/index.ts'
import { WINDOWS } from '../history/index.ts'
import type { LiveEvents } from './contract.ts'

/** A viewer that has not read this much is not reading. */
const MOST_WAITING_BYTES = 256 * 1024
/** Nor is who has not read anything for so long, while there was something to read. */
const SLOW_MS = 15_000
const QUIET_MS = 5000
const MOST_TASKS = 10

type Viewer = {
  readonly response: Response
  readonly window: WindowName
  /** Since when what it was sent waits to be read. */
  waitingSinceMs: number | undefined
}

export type ViewersParts = {
  readonly history: History
  readonly most: number
  /** The JSON of an `Overview`, which all that look at a window share. */
  readonly overview: (window: WindowName) => string
  readonly epochMs: () => number
}

/** The open `api/live` of browsers. Each costs its socket and at most a quarter of a megabyte. */
export class Viewers {
  readonly #parts: ViewersParts
  readonly #viewers = new Set<Viewer>()
  #good: EndedTask[] = []
  #failed: EndedTask[] = []
  #sentAtMs = 0
  #changed = false
  readonly #leave: readonly (() => void)[]

  constructor(parts: ViewersParts) {
    this.#parts = parts
    const { history } = parts
    this.#leave = [history.onTask((task) => this.#taskEnded(task)), history.onMark((mark) => this.#marked(mark))]
  }

  get count(): number {
    return this.#viewers.size
  }

  /** Keeps the response open, and sends the whole state followed by each change. */
  admit(request: Request, response: Response, window: WindowName): void {
    if (this.#viewers.size >= this.#parts.most) {
      tooMany(response, this.#parts.most)
      return
    }
    const viewer: Viewer = { response, window, waitingSinceMs: undefined }
    this.#viewers.add(viewer)
    response.on('close', () => this.#viewers.delete(viewer))
    response.on('drain', () => {
      viewer.waitingSinceMs = undefined
    })
    request.socket.setTimeout(0)
    response.status(200).set({
      'content-type': 'text/event-stream',
      'cache-control': 'no-store, no-transform',
      'x-accel-buffering': 'no',
    })
    response.flushHeaders()
    this.#send(viewer, written('overview', this.#parts.overview(window)))
  }

  /** Once a second: what happened since, and the whole where it changed or nothing was said for a while. */
  tick(): void {
    const nowMs = this.#parts.epochMs()
    if (this.#viewers.size === 0) return
    const tasks = [...this.#failed, ...this.#good].slice(0, MOST_TASKS)
    this.#failed = []
    this.#good = []
    // The system clock may have been set back.
    const isDue =
      this.#changed || (this.#parts.history.latestMs !== undefined && this.#parts.history.latestMs >= this.#sentAtMs)
    const isQuiet = Math.abs(nowMs - this.#sentAtMs) >= QUIET_MS
    const text = tasks.map((task) => event('task', task.row)).join('')
    const whole = isDue || isQuiet ? this.#wholes() : undefined
    if (whole) this.#sentAtMs = nowMs
    this.#changed = false
    for (const viewer of this.#viewers) this.#tell(viewer, text + (whole?.get(viewer.window) ?? ''), nowMs)
  }

  /** The next message has the whole state. */
  changed(): void {
    this.#changed = true
  }

  close(): void {
    for (const leave of this.#leave) leave()
    for (const { response } of this.#viewers) response.end()
    this.#viewers.clear()
  }

  #taskEnded(task: EndedTask): void {
    if (this.#viewers.size === 0) return
    const waiting = task.isFailed ? this.#failed : this.#good
    if (waiting.length < MOST_TASKS) waiting.push(task)
  }

  #marked(mark: Mark): void {
    this.#changed = true
    for (const viewer of this.#viewers) this.#tell(viewer, event('mark', mark), this.#parts.epochMs())
  }

  #wholes(): ReadonlyMap<WindowName, string> {
    const looked = new Set([...this.#viewers].map(({ window }) => window))
    const windows = WINDOWS.filter((window) => looked.has(window))
    return new Map(windows.map((window) => [window, written('overview', this.#parts.overview(window))]))
  }

  /** Skips who has not read the last: each event stands by itself. */
  #tell(viewer: Viewer, text: string, nowMs: number): void {
    const { response, waitingSinceMs } = viewer
    const isSlow = waitingSinceMs !== undefined && Math.abs(nowMs - waitingSinceMs) > SLOW_MS
    if (isSlow || response.writableLength > MOST_WAITING_BYTES) {
      this.#viewers.delete(viewer)
      response.destroy()
    } else if (waitingSinceMs === undefined && text !== '') this.#send(viewer, text)
  }

  #send(viewer: Viewer, text: string): void {
    if (!viewer.response.write(text)) viewer.waitingSinceMs = this.#parts.epochMs()
  }
}

function tooMany(response: Response, most: number): void {
  const detail = `${most} are looking already. Ask api/overview now and then, or try again later.`
  const headers = { 'retry-after': '10' }
  sendProblem(response, { status: 503, code: 'too_many_viewers', title: 'Too many viewers', detail, headers })
}

function event<Name extends keyof LiveEvents>(name: Name, data: LiveEvents[Name]): string {
  return written(name, JSON.stringify(data))
}

/** JSON has no line breaks of its own, so one line of data holds it. */
function written(name: keyof LiveEvents, json: string): string {
  return `event: ${name}\ndata: ${json}\n\n`
}
