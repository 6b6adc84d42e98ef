import { ClientDisconnectedError } from './client-disconnected-error.ts'
import { type BodyReader, watchBody } from './returned-body.ts'
import type { TaskLife } from './task-life.ts'
import type { Timing } from './timing.ts'

/** An SDK's stream object counts as read after this time without open calls in its task. */
const REST_MS = 1_000

/** The task that is aborted when its reader leaves. */
type Left = { readonly id: string; readonly signal: AbortSignal; abort(reason: unknown): void }

export type KeepOpenOptions = Pick<Timing, 'after' | 'repeat'> & {
  /** Runs something in the context of the task. */
  readonly run: BodyReader['run']
  /** Called if the body fails. */
  readonly failed: (error: unknown) => void
  /** How long a body may stay unread, in milliseconds. */
  readonly unreadMs: number
  /** Whether a body is that of a model call, which is open until the body has ended. */
  readonly isAnswer: (body: ReadableStream) => boolean
}

/** Keeps a task open until its result was read. If the reader leaves, the task is aborted. */
export function keepOpenFor(value: unknown, task: Left, life: TaskLife, options: KeepOpenOptions): void {
  const { run, failed, after, repeat, unreadMs, isAnswer } = options
  let isHeld = false
  let isOver = false
  const stops: (() => void)[] = []
  const end = (restedMs = 0) => {
    isOver = true
    if (!isHeld) return
    isHeld = false
    for (const stop of stops) stop()
    life.end(restedMs)
  }
  const leave = () => {
    if (!isOver && !life.isClosed) task.abort(new ClientDisconnectedError(task.id))
    end()
  }
  /** The body will not be read. Aborts the task if anything else in it is open. */
  const leaveWhatIsOpen = () => (life.open > (isHeld ? 1 : 0) ? leave() : end())
  const body = watchBody(value, {
    run,
    ended(error) {
      if (error !== undefined && isHeld && !life.isClosed && !task.signal.aborted) failed(error)
      end()
    },
    left: leave,
    lost: leaveWhatIsOpen,
  })
  if (!body || (body.stream && isAnswer(body.stream))) return
  const { isBegun, isReadUnseen } = body
  isHeld = true
  life.begin()
  stops.push(
    repeat(() => {
      if (!isBegun()) leaveWhatIsOpen()
    }, unreadMs),
  )
  let stopRest: (() => void) | undefined
  const rest = () => {
    stopRest?.()
    stopRest = life.open > 1 || !isReadUnseen() ? undefined : after(() => isReadUnseen() && end(REST_MS), REST_MS)
  }
  stops.push(life.onEnd(rest), () => stopRest?.())
}
