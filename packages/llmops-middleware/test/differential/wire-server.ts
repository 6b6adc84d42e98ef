import { once } from 'node:events'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setImmediate as turn } from 'node:timers/promises'
import type { WireAnswer } from './wire-answer.ts'

/** A provider on loopback that writes what it is told, byte for byte. */
export class WireServer {
  readonly #server = createServer((request, response) => {
    request.resume().once('end', () => void this.#send(request.url!.split('/')[1]!, response))
  })
  readonly #answers = new Map<string, WireAnswer>()
  #next = 0

  async open(): Promise<this> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    return this
  }

  /** Where this answer is given to every request until `forget`. */
  answers(answer: WireAnswer): { readonly url: string; forget(): void } {
    const id = String(this.#next++)
    this.#answers.set(id, answer)
    const { port } = this.#server.address() as AddressInfo
    return { url: `http://127.0.0.1:${port}/${id}`, forget: () => this.#answers.delete(id) }
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #send(id: string, response: ServerResponse): Promise<void> {
    const { status, headers, pieces, ending = 'end' } = this.#answers.get(id)!
    response.sendDate = false
    response.writeHead(status, headers)
    for (const piece of pieces) {
      response.write(piece)
      await turn()
    }
    if (ending === 'end') response.end()
    else response.destroy()
  }
}

/** The same as a `fetch` of an application's own: its pieces are read as they were cut, and empty ones too. */
export function wireFetch({ status, headers, pieces, ending = 'end' }: WireAnswer): typeof fetch {
  return async () => {
    let next = 0
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        const piece = pieces[next++]
        if (piece) return controller.enqueue(piece)
        if (ending === 'reset') return controller.error(new TypeError('terminated'))
        controller.close()
      },
    })
    return new Response(body, { status, headers })
  }
}
