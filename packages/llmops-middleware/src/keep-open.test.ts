import { PassThrough, Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { describe, expect, it } from 'vitest'
import { createTaskRunner, currentTask, lifeOf, recordOf, type Task } from './task.ts'

/** A runner whose timers a test rings by their milliseconds. */
function start(isAnswer?: (body: ReadableStream) => boolean) {
  const timers = new Map<() => void, number>()
  const set = (act: () => void, ms: number) => {
    timers.set(act, ms)
    return () => void timers.delete(act)
  }
  const rested: number[] = []
  const run = createTaskRunner({
    timing: { epochMs: () => 0, after: set, repeat: set },
    unreadMs: 60_000,
    ...(isAnswer && { isAnswer }),
    observe: (task, body) => {
      lifeOf(task)!.whenClosed((restedMs) => void rested.push(restedMs))
      return body()
    },
  })
  const ring = (ms: number) => {
    for (const [act, afterMs] of timers) if (afterMs === ms) act()
  }
  /** Runs a task that returns this, and gives both. */
  const returning = async <T extends object>(value: T, before: (task: Task) => void = () => {}) => {
    let task: Task | undefined
    const given = await run({ tenant: 'contoso' }, (own) => {
      task = own
      before(own)
      return { own: value }.own
    })
    return { task: task!, value: given }
  }
  return { returning, ring, timers, rested, waits: () => [...timers.values()].sort((a, b) => a - b) }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
const streamOf = (...pieces: string[]) =>
  new ReadableStream({
    pull(controller) {
      const piece = pieces.shift()
      if (piece === undefined) controller.close()
      else controller.enqueue(piece)
    },
  })
const success = { status: 'success' }
const left = { status: 'failure', reason: 'client_disconnected' }

describe('a stream that works only when it is read', () => {
  type Seen = (Task | undefined)[]

  async function* work(seen: Seen) {
    for (const piece of ['a', 'b', 'c']) {
      seen.push(currentTask())
      yield piece
    }
  }
  const lazy = (seen: Seen) => {
    const pieces = work(seen)
    const pull = async (controller: ReadableStreamDefaultController) => {
      const { done, value } = await pieces.next()
      if (done) controller.close()
      else controller.enqueue(Buffer.from(value))
    }
    return new ReadableStream({ pull }, { highWaterMark: 0 })
  }
  const ofNode = (seen: Seen) => Readable.from(work(seen))
  const ways: readonly (readonly [string, (seen: Seen) => object, (value: never) => Promise<string>])[] = [
    ['as two', lazy, async (stream: ReadableStream) => (await Promise.all(stream.tee().map((one) => text(one))))[0]!],
    ['as two of two', lazy, (stream: ReadableStream) => text(stream.tee()[1].tee()[0])],
    ['as a copy', (seen) => new Response(lazy(seen)), (response: Response) => response.clone().text()],
    ['by a loop', ofNode, (stream: Readable) => text(stream)],
    ['by a pipe', ofNode, (stream: Readable) => text(stream.pipe(new PassThrough()))],
    ['as a standard one', ofNode, (stream: Readable) => text(Readable.toWeb(stream))],
    [
      'by its events',
      ofNode,
      async (stream: Readable) => {
        const pieces: string[] = []
        stream.on('data', (piece) => pieces.push(piece))
        await new Promise((resolve) => stream.once('end', resolve))
        return pieces.join('')
      },
    ],
  ]

  it.each(ways)('works for the task that returned it: read %s', async (_, make, read) => {
    const seen: Seen = []
    const { task, value } = await start().returning(make(seen))
    expect(await read(value as never)).toBe('abc')
    expect(seen.map((each) => each?.id)).toEqual([task.id, task.id, task.id])
    await turn()
    expect(task.outcome).toEqual(success)
  })
})

describe('a task that returned a stream', () => {
  const reads: readonly (readonly [string, (stream: ReadableStream<string>) => Promise<unknown>])[] = [
    [
      'by a reader',
      async (stream) => {
        const reader = stream.getReader()
        while (!(await reader.read()).done);
      },
    ],
    [
      'by a loop',
      async (stream) => {
        for await (const _ of stream);
      },
    ],
    ['by a pipe', (stream) => stream.pipeTo(new WritableStream())],
    ['through a transform', (stream) => new Response(stream.pipeThrough(new TextEncoderStream())).text()],
    [
      'as two',
      (stream) => {
        const [one, two] = stream.tee()
        return Promise.all([one.pipeTo(new WritableStream()), two.pipeTo(new WritableStream())])
      },
    ],
  ]
  it.each(reads)('is over when that was read %s, and sets no timer from then on', async (_, read) => {
    const { returning, waits, rested } = start()
    const { task, value } = await returning(streamOf('a', 'b'))
    expect([task.outcome, waits()]).toEqual([undefined, [60_000]])
    await read(value)
    await turn()
    expect([task.outcome, waits(), task.signal.aborted]).toEqual([success, [], false])
    expect(rested).toEqual([0])
  })

  const leaves: readonly (readonly [string, (stream: ReadableStream<string>) => unknown])[] = [
    ['cancels it', (stream) => stream.cancel('gone')],
    [
      'cancels its reader',
      async (stream) => {
        const reader = stream.getReader()
        await reader.read()
        await reader.cancel('gone')
      },
    ],
    [
      'leaves the loop',
      async (stream) => {
        for await (const _ of stream) break
      },
    ],
    [
      'cancels both of two',
      async (stream) => {
        const [one, two] = stream.tee()
        await Promise.all([one.cancel('gone'), two.cancel('gone')])
      },
    ],
    [
      'breaks the pipe',
      (stream) => stream.pipeTo(new WritableStream({ write: () => Promise.reject(new Error('full')) })).catch(() => {}),
    ],
    [
      'aborts the pipe',
      (stream) => stream.pipeTo(new WritableStream(), { signal: AbortSignal.abort() }).catch(() => {}),
    ],
  ]
  it.each(leaves)('is left by who %s', async (_, leave) => {
    const { returning, waits } = start()
    const { task, value } = await returning(streamOf('a', 'b'))
    await leave(value)
    await turn()
    await turn()
    expect(task.signal.reason).toMatchObject({ code: 'client_disconnected', taskId: task.id })
    expect([task.outcome, waits()]).toEqual([left, []])
  })

  it('is not left by who cancels one of two twice', async () => {
    const { returning } = start()
    const { task, value } = await returning(streamOf('a', 'b'))
    const [one, two] = value.tee()
    // Neither resolves before the other of the two has ended.
    const cancelled = [one.cancel('gone'), one.cancel('gone')]
    expect(await text(two)).toBe('ab')
    await Promise.all(cancelled)
    await turn()
    expect([task.outcome, task.signal.aborted]).toEqual([success, false])
  })

  it('is not left by who cancels behind the end', async () => {
    const { returning } = start()
    const { task, value } = await returning(streamOf('a'))
    const reader = value.getReader()
    while (!(await reader.read()).done);
    await reader.cancel()
    await turn()
    expect([task.outcome, task.signal.aborted]).toEqual([success, false])
  })

  it('fails with the error that breaks it, however it is read', async () => {
    const broken = () =>
      new ReadableStream({ pull: (controller) => controller.error(Object.assign(new Error('broke'), { code: 'cut' })) })
    const reads = [
      (stream: ReadableStream) => stream.getReader().read(),
      (stream: ReadableStream) => stream.pipeTo(new WritableStream()),
      (stream: ReadableStream) => new Response(stream).text(),
    ]
    for (const read of reads) {
      const { returning } = start()
      const { task, value } = await returning(broken())
      await expect(read(value)).rejects.toThrow()
      await turn()
      expect(task.outcome).toEqual({ status: 'failure', reason: 'cut' })
      expect(recordOf(task)!.error).toMatchObject({ message: 'broke' })
    }
  })

  it('asks for its pieces in the context of its task', async () => {
    const { returning } = start()
    const payers: unknown[] = []
    const lazy = () =>
      new ReadableStream(
        {
          pull(controller) {
            payers.push(currentTask()?.tenant)
            controller.close()
          },
        },
        { highWaterMark: 0 },
      )
    await (await returning(lazy())).value.getReader().read()
    await (await returning(lazy())).value.pipeTo(new WritableStream())
    for await (const _ of (await returning(lazy())).value);
    expect(payers).toEqual(['contoso', 'contoso', 'contoso'])
  })

  it('ends when reading has not begun in time, and is aborted if something is interrupted by that', async () => {
    const { returning, ring } = start()
    const idle = await returning(streamOf('a'))
    const busy = await returning(streamOf('a'), (task) => lifeOf(task)!.begin())
    const read = await returning(streamOf('a', 'b'), (task) => lifeOf(task)!.begin())
    await read.value.getReader().read()
    ring(60_000)
    await turn()
    expect([idle.task.outcome, idle.task.signal.aborted]).toEqual([success, false])
    expect([busy.task.outcome, busy.task.signal.aborted]).toEqual([left, true])
    expect([read.task.outcome, read.task.signal.aborted]).toEqual([undefined, false])
  })

  it('is open for the body of a Response, and for no Response without one', async () => {
    const { returning } = start()
    const { task, value } = await returning(new Response(streamOf('a').pipeThrough(new TextEncoderStream())))
    expect(task.outcome).toBeUndefined()
    await value.text()
    await turn()
    expect(task.outcome).toEqual(success)
    expect((await returning(new Response(null))).task.outcome).toEqual(success)
  })

  it('is not kept open by the body of a call, which is open itself, but left with it', async () => {
    const { returning, waits } = start(() => true)
    const { task } = await returning(streamOf('a'))
    expect([task.outcome, waits()]).toEqual([success, []])
    const calling = await returning(streamOf('a'), (task) => lifeOf(task)!.begin())
    await calling.value.cancel()
    await turn()
    expect(calling.task.outcome).toEqual(left)
  })
})

describe('a task that returned something else to read', () => {
  async function* generate() {
    yield currentTask()?.tenant
    yield 'b'
  }

  async function* generateUntilItBreaks() {
    yield 'a'
    throw Object.assign(new Error('broke'), { code: 'cut' })
  }

  it('is over with the end of a generator, which runs in its context', async () => {
    const { returning, waits } = start()
    const { task, value } = await returning(generate())
    const read: unknown[] = []
    for await (const piece of value) read.push(piece)
    expect([read, task.outcome, waits()]).toEqual([['contoso', 'b'], success, []])
  })

  it('is left by who leaves a generator, by return or throw', async () => {
    const { returning } = start()
    const { task, value } = await returning(generate())
    for await (const _ of value) break
    await turn()
    expect(task.outcome).toEqual(left)
    const thrown = await returning(generate())
    await thrown.value.next()
    await thrown.value.throw(new Error('no')).catch(() => {})
    await turn()
    expect(thrown.task.outcome).toEqual(left)
  })

  it('fails with what a generator throws', async () => {
    const { returning } = start()
    const { task, value } = await returning(generateUntilItBreaks())
    await value.next()
    await expect(value.next()).rejects.toThrow('broke')
    expect(task.outcome).toEqual({ status: 'failure', reason: 'cut' })
  })

  it('is over with a stream of Node, and left with one that is destroyed', async () => {
    const { returning } = start()
    const whole = await returning(new PassThrough())
    whole.value.resume().end('a')
    await expect.poll(() => whole.task.outcome).toEqual(success)
    const cut = await returning(new PassThrough())
    cut.value.on('error', () => {}).destroy()
    await expect.poll(() => cut.task.outcome).toEqual(left)
    const broken = await returning(new PassThrough())
    broken.value.on('error', () => {}).destroy(Object.assign(new Error('broke'), { code: 'cut' }))
    await expect.poll(() => broken.task.outcome).toEqual({ status: 'failure', reason: 'cut' })
  })

  it('is over when the calls of an object of streams have come to rest, which its latency does not count', async () => {
    for (const name of ['fullStream', 'textStream', 'toUIMessageStream', 'toTextStream', 'toReadableStream']) {
      const { returning, ring, rested } = start()
      let call: { end(): void } | undefined
      const { task } = await returning({ [name]: {} }, (task) => {
        call = lifeOf(task)!.begin()
      })
      ring(1_000)
      expect(task.outcome).toBeUndefined()
      call!.end()
      expect(task.outcome).toBeUndefined()
      ring(1_000)
      expect([task.outcome, rested]).toEqual([success, [1_000]])
    }
  })

  it('does not rest between two calls that are close to each other', async () => {
    const { returning, ring } = start()
    const { task } = await returning({ fullStream: {} }, (task) => lifeOf(task)!.begin().end())
    const next = lifeOf(task)!.begin()
    next.end()
    const last = lifeOf(task)!.begin()
    const other = lifeOf(task)!.begin()
    other.end()
    ring(1_000)
    expect(task.outcome).toBeUndefined()
    last.end()
    ring(1_000)
    expect(task.outcome).toEqual(success)
  })

  it('does not rest while a loop that has begun goes on, and does where none began', async () => {
    const { returning, ring } = start()
    const begun = await returning(generate())
    await begun.value.next()
    const unread = await returning(generate())
    ring(1_000)
    expect([begun.task.outcome, unread.task.outcome]).toEqual([undefined, success])
  })

  it.each([
    [{ text: 'plain' }],
    [{ response: streamOf('a') }],
    [['a']],
    [Object.freeze({ body: 'text', headers: {} })],
  ])('is over at once with %j', async (value) => {
    const { returning, waits } = start()
    expect([(await returning(value)).task.outcome, waits()]).toEqual([success, []])
  })
})
