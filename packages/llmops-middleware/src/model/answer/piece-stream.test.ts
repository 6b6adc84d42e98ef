import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { ChaosController, createLlmOps, StreamBrokenError } from '../../index.ts'
import { END, type PieceSource, PieceStream } from './piece-stream.ts'

/** Pieces that come one turn later each, and what was heard of the reader. */
function sourceOf(...texts: (string | Error)[]) {
  const heard: unknown[] = []
  const source: PieceSource = {
    async next() {
      await new Promise(setImmediate)
      const text = texts.shift()
      if (text instanceof Error) throw text
      return text === undefined ? END : { done: false, value: Buffer.from(text) }
    },
    async cancel(reason) {
      heard.push(reason)
      texts.length = 0
    },
  }
  return { source, heard }
}

async function textsOf(stream: AsyncIterable<Uint8Array>): Promise<string[]> {
  const texts: string[] = []
  for await (const piece of stream) texts.push(Buffer.from(piece).toString())
  return texts
}

const lettersOf = (...texts: (string | Error)[]) => new PieceStream(sourceOf(...texts).source)

describe('a stream of pieces', () => {
  it('returns its pieces in order to an iterator, and is closed then', async () => {
    const stream = lettersOf('a', 'b', 'c')
    expect(await textsOf(stream)).toEqual(['a', 'b', 'c'])
    expect(stream.locked).toBe(false)
    expect(await stream.getReader().read()).toEqual({ done: true, value: undefined })
  })

  it('returns the same in every other way that a stream is read', async () => {
    expect(await new Response(lettersOf('a', 'b')).text()).toBe('ab')
    expect((await textsOf(lettersOf('a', 'b').pipeThrough(new TextDecoderStream()) as never)).join('')).toBe('ab')
    const [one, other] = lettersOf('a', 'b').tee()
    expect([await textsOf(one), await textsOf(other)]).toEqual([
      ['a', 'b'],
      ['a', 'b'],
    ])
  })

  it('is locked while it is iterated', async () => {
    const stream = lettersOf('a', 'b')
    for await (const _ of stream) expect(() => stream.getReader()).toThrow(TypeError)
  })

  it('keeps the order for who asks for several pieces at once', async () => {
    const pieces = lettersOf('a', 'b', 'c').values()
    const read = await Promise.all([pieces.next(), pieces.next(), pieces.next(), pieces.next(), pieces.next()])
    expect(read.map(({ value }) => value && Buffer.from(value).toString())).toEqual([
      'a',
      'b',
      'c',
      undefined,
      undefined,
    ])
  })

  it('cancels its source when the iteration is left, and cannot be read on', async () => {
    const { source, heard } = sourceOf('a', 'b')
    const stream = new PieceStream(source)
    for await (const _ of stream) break
    expect(heard).toHaveLength(1)
    expect(await textsOf(stream)).toEqual([])
  })

  it('can be left without being cancelled', async () => {
    const { source, heard } = sourceOf('a', 'b')
    const stream = new PieceStream(source)
    for await (const _ of stream.values({ preventCancel: true })) break
    expect(heard).toEqual([])
    expect(await textsOf(stream)).toEqual(['b'])
  })

  it('passes on what broke its source, to who iterates and to who comes later', async () => {
    const error = new Error('cut')
    const stream = lettersOf('a', error)
    await expect(textsOf(stream)).rejects.toBe(error)
    await expect(stream.getReader().read()).rejects.toBe(error)
    await expect(new Response(lettersOf(error)).text()).rejects.toBe(error)
  })

  it('counts as read from the first reader on', async () => {
    const isRead = PieceStream.isDisturbed
    const stream = lettersOf('a')
    expect(isRead(stream)).toBe(false)
    await textsOf(stream)
    expect(isRead(stream)).toBe(true)
    const other = lettersOf('a')
    await other.getReader().read()
    expect(isRead(other)).toBe(true)
  })

  it('is read past every queue but the first when it came over a route or was spoiled, as when it did not', async () => {
    const events = 'data: {"choices":[{"index":0,"delta":{"content":"Hi"}}]}\n\n'
    const send: typeof fetch = async () => new Response(events, { headers: { 'content-type': 'text/event-stream' } })
    const spoiled = new ChaosController()
    spoiled.set({ mode: 'malformed' })
    const route = { targets: [{ name: 'only', model: 'gpt-4o' }] }
    const readers = vi.spyOn(ReadableStream.prototype, 'getReader')
    onTestFinished(() => readers.mockRestore())
    const counts: number[] = []
    for (const options of [{}, { route }, { chaos: spoiled }, { chaos: spoiled, route }]) {
      const { fetch } = createLlmOps({ defaultTenant: 'contoso', fetch: send, ...options })
      const body = JSON.stringify({ model: 'gpt-4o', messages: [], stream: true })
      const response = await fetch('http://127.0.0.1/v1/chat/completions', { method: 'POST', body })
      await expect(textsOf(response.body!)).rejects.toBeInstanceOf(StreamBrokenError)
      counts.push(readers.mock.calls.length)
      readers.mockClear()
    }
    // Of the provider's body, and of the one that is passed on.
    expect(counts).toEqual([2, 2, 2, 2])
  })
})
