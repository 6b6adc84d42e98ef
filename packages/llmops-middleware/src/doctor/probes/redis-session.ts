import { once } from 'node:events'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { portOf } from './connect.ts'

/** Redis said no. */
export class RedisRefusedError extends Error {
  override readonly name = 'RedisRefusedError'
}

export type RedisReply = string | number | null

/**
 * Talks to Redis without its client package, which may be the one that is missing.
 * Source: redis.io/docs/latest/develop/reference/protocol-spec, version 2 of the protocol.
 */
export class RedisSession {
  readonly #socket: ReturnType<typeof connectTcp>
  readonly #replies: AsyncIterator<Buffer>
  #rest = Buffer.alloc(0)

  private constructor(socket: ReturnType<typeof connectTcp>) {
    this.#socket = socket
    this.#replies = socket[Symbol.asyncIterator]()
  }

  static async open(url: URL, signal: AbortSignal): Promise<RedisSession> {
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const target = { host, port: portOf(url) }
    const isTls = url.protocol === 'rediss:'
    const socket = isTls ? connectTls({ ...target, ...(isIP(host) ? {} : { servername: host }) }) : connectTcp(target)
    signal.addEventListener('abort', () => socket.destroy(), { once: true })
    await once(socket, isTls ? 'secureConnect' : 'connect')
    return new RedisSession(socket)
  }

  /** @throws RedisRefusedError with what Redis said. */
  async ask(...words: readonly string[]): Promise<RedisReply> {
    const parts = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`)
    this.#socket.write(`*${words.length}\r\n${parts.join('')}`)
    const line = await this.#line()
    const value = line.slice(1)
    switch (line[0]) {
      case '+':
        return value
      case ':':
        return Number(value)
      case '-':
        throw new RedisRefusedError(value)
      case '$':
        return Number(value) < 0 ? null : (await this.#bytes(Number(value) + 2)).toString('utf8').slice(0, -2)
      default:
        throw new RedisRefusedError(`an answer that is not of Redis: ${line.slice(0, 40)}`)
    }
  }

  close(): void {
    this.#socket.on('error', () => {})
    this.#socket.destroy()
  }

  async #line(): Promise<string> {
    let end = this.#rest.indexOf('\r\n')
    while (end < 0) {
      // No reply of Redis has a line this long: another kind of server answers.
      if (this.#rest.length > 4096) throw new RedisRefusedError('an answer that is not of Redis')
      await this.#more()
      end = this.#rest.indexOf('\r\n')
    }
    return (await this.#bytes(end + 2)).toString('utf8').slice(0, -2)
  }

  async #bytes(count: number): Promise<Buffer> {
    while (this.#rest.length < count) await this.#more()
    const bytes = this.#rest.subarray(0, count)
    this.#rest = this.#rest.subarray(count)
    return bytes
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#replies.next()
    if (done) throw new RedisRefusedError('it closed the connection')
    this.#rest = Buffer.concat([this.#rest, value])
  }
}
