import { finished, isErrored, Readable } from 'node:stream'

/** Is notified of how the result of a task is read. */
export type BodyReader = {
  /** Runs a read in the context of the task, which pays for calls in it. */
  run<T>(act: () => T): T
  /** The body was read to its end, or failed. */
  ended(error?: unknown): void
  /** Its reader cancelled the rest. */
  left(): void
  /** It was collected as garbage before its end. */
  lost(): void
}

/** A result of a task that is read later. */
export type ReturnedBody = {
  /** The body of a `Response`, or the stream itself. */
  readonly stream?: ReadableStream
  readonly isBegun: () => boolean
  /** Whether it may be read without being noticed here. Then it counts as read once no calls have run for a while. */
  readonly isReadUnseen: () => boolean
}

/** Names that only the stream objects of SDKs have: AI SDK, Mastra, OpenAI Agents. */
const STREAM_MEMBERS = ['fullStream', 'textStream', 'toUIMessageStream', 'toTextStream', 'toReadableStream']

const collected = new FinalizationRegistry<BodyReader>((reader) => reader.lost())

/**
 * Watches a value that may be read later: a `Response`, a stream, an async iterable, the stream object of an SDK. It is
 * watched where it is: who returned it gets the same object, with the same pieces.
 *
 * @returns undefined for every other value.
 */
export function watchBody(value: unknown, reader: BodyReader): ReturnedBody | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const stream = 'body' in value && 'headers' in value ? value.body : value
  if (stream instanceof ReadableStream) return watchStream(stream, reader)
  if (isNodeStream(value)) return watchNodeStream(value, reader)
  if (Symbol.asyncIterator in value) return watchIterable(value as AsyncIterable<unknown>, reader)
  if (STREAM_MEMBERS.some((name) => name in value)) return { isBegun: () => true, isReadUnseen: () => true }
  return undefined
}

function watchStream(stream: ReadableStream, reader: BodyReader): ReturnedBody {
  // Node reports it without locking the stream.
  finished(asNode(stream), (error) => reader.ended(error ?? undefined))
  collected.register(stream, reader)
  const { getReader, pipeTo, values, cancel, tee } = stream
  const pipe = (...to: Parameters<typeof pipeTo>) => {
    const piping = reader.run(() => pipeTo.apply(stream, to))
    piping.then(
      () => reader.ended(),
      // What errors the stream itself is heard of as its end.
      () => isErrored(asNode(stream)) || reader.left(),
    )
    return piping
  }
  const iterate = (...options: Parameters<typeof values>) =>
    watchIterator(values.apply(stream, options) as AsyncIterator<unknown>, reader)
  override(stream, {
    getReader: (...options: Parameters<typeof getReader>) => watchReader(getReader.apply(stream, options), reader),
    pipeTo: pipe,
    pipeThrough({ readable, writable }: Parameters<typeof stream.pipeThrough>[0], options?: StreamPipeOptions) {
      pipe(writable, options).catch(() => {})
      return readable
    },
    cancel(reason?: unknown) {
      reader.left()
      return cancel.call(stream, reason)
    },
    // It reads by itself, past the readers here, when one of its two streams is read.
    tee() {
      const branches = reader.run(() => tee.call(stream))
      watchBranches(branches, reader)
      return branches
    },
    values: iterate,
    [Symbol.asyncIterator]: iterate,
  })
  const weak = new WeakRef(stream)
  return {
    stream,
    isBegun() {
      const stream = weak.deref()
      return stream === undefined || Readable.isDisturbed(asNode(stream))
    },
    isReadUnseen: () => false,
  }
}

/** The stream itself reports its end. Its reader has left once both branches were cancelled. */
function watchBranches(branches: readonly ReadableStream[], { run, left }: BodyReader): void {
  const open = new Set(branches)
  for (const branch of branches) {
    // A branch can be cancelled twice.
    const leave = () => open.delete(branch) && open.size === 0 && left()
    watchStream(branch, { run, left: leave, ended: ignore, lost: ignore })
  }
}

/** Node reports this of standard streams as of its own, although its types do not say so. */
const asNode = (stream: ReadableStream) => stream as unknown as Readable

type StreamPipeOptions = Parameters<ReadableStream['pipeTo']>[1]
type AnyReader = ReturnType<ReadableStream['getReader']>

function watchReader(own: AnyReader, reader: BodyReader): AnyReader {
  const read = own.read as (...view: unknown[]) => Promise<{ readonly done: boolean }>
  const { cancel } = own
  return override(own, {
    read(...view: unknown[]) {
      const reading = reader.run(() => read.apply(own, view))
      reading.then(({ done }) => done && reader.ended(), ignore)
      return reading
    },
    cancel(reason?: unknown) {
      reader.left()
      return cancel.call(own, reason)
    },
  })
}

function isNodeStream(value: object): value is Readable {
  const { pipe, on, readable } = value as Partial<Readable>
  return typeof pipe === 'function' && typeof on === 'function' && readable === true
}

function watchNodeStream(stream: Readable, reader: BodyReader): ReturnedBody {
  finished(stream, { writable: false }, (error) => {
    if (error?.code === 'ERR_STREAM_PREMATURE_CLOSE') reader.left()
    else reader.ended(error ?? undefined)
  })
  collected.register(stream, reader)
  const { _read: read } = stream
  override(stream, { _read: (size: number) => reader.run(() => read.call(stream, size)) })
  const weak = new WeakRef(stream)
  return { isBegun: () => weak.deref()?.readableFlowing !== null, isReadUnseen: () => false }
}

/** What is its own iterator, as a generator is, has its methods on it. */
function watchIterable(iterable: AsyncIterable<unknown>, reader: BodyReader): ReturnedBody {
  let isBegun = false
  const begun = {
    ...reader,
    run<T>(act: () => T): T {
      isBegun = true
      return reader.run(act)
    },
  }
  if ('next' in iterable) watchIterator(iterable as AsyncIterator<unknown> & object, begun)
  else {
    const iterate = iterable[Symbol.asyncIterator]
    override(iterable, { [Symbol.asyncIterator]: () => watchIterator(iterate.call(iterable), begun) })
  }
  return { isBegun: () => isBegun, isReadUnseen: () => !isBegun }
}

function watchIterator(iterator: AsyncIterator<unknown>, reader: BodyReader): AsyncIterator<unknown> {
  const { next, return: leave, throw: fail } = iterator
  // Not what it came from: a loop over a stream object holds nothing else.
  collected.register(iterator, reader)
  return override(iterator, {
    next(...value: []) {
      const reading = reader.run(() => next.apply(iterator, value))
      reading.then(({ done }) => done && reader.ended(), reader.ended)
      return reading
    },
    ...(leave && {
      return(value?: unknown) {
        reader.left()
        return leave.call(iterator, value)
      },
    }),
    ...(fail && {
      throw(error?: unknown) {
        reader.left()
        return fail.call(iterator, error)
      },
    }),
  })
}

/** Puts methods of its own in front of those of an object; one that is frozen stays as it is. */
function override<T extends object>(object: T, methods: Record<PropertyKey, unknown>): T {
  for (const name of Reflect.ownKeys(methods)) {
    Reflect.defineProperty(object, name, { value: methods[name], configurable: true, writable: true })
  }
  return object
}

const ignore = () => {}
