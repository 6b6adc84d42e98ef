import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { type Listening, listen } from '../network/listen.ts'
import { pin, pinnedInstance } from './affinity.ts'
import type { Instance } from './instance.ts'

export type FrontDoorOptions = {
  /** Those that get requests now; asked for every request, so a swap takes effect between two of them. */
  readonly rotation: () => readonly Instance[]
  /** Whether a client is brought back to the instance that answered it first. */
  readonly hasAffinity: boolean
  /** Called once for every request, when its status is known. */
  readonly onAnswer: (status: number) => void
}

/**
 * The load balancer before a slot: an instance after the other, save for clients that are pinned to one. Streams both
 * ways; answers 502 where the process is dead, which it does not know before the health check does.
 */
export function openFrontDoor({ rotation, hasAffinity, onAnswer }: FrontDoorOptions): Promise<Listening> {
  let turn = 0
  return listen((incoming, outgoing) => {
    const instances = rotation()
    const before = hasAffinity ? pinnedInstance(incoming.headers) : undefined
    const pinned = instances.find(({ id }) => id === before)
    const instance = pinned ?? instances[turn++ % instances.length]
    if (instance?.worker === undefined || !instance.worker.isAlive) return badGateway(outgoing, onAnswer)
    const { id } = instance
    const headersOf = hasAffinity && pinned === undefined ? (answer: IncomingMessage) => pin(answer.headers, id) : own
    forward(incoming, outgoing, { url: instance.worker.url, headersOf, onAnswer })
  })
}

const own = ({ headers }: IncomingMessage) => headers

type Forward = {
  readonly url: string
  readonly headersOf: (answer: IncomingMessage) => IncomingMessage['headers']
  readonly onAnswer: (status: number) => void
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, { url, headersOf, onAnswer }: Forward) {
  const upstream = send(new URL(incoming.url ?? '/', url), {
    method: incoming.method,
    headers: forwardedHeaders(incoming),
    // A connection a request: one kept open would hold up a process that is told to end.
    agent: false,
  })
  upstream.once('response', (answer) => {
    onAnswer(answer.statusCode ?? 502)
    outgoing.writeHead(answer.statusCode ?? 502, withoutHopByHop(headersOf(answer)))
    // Headers of a stream must not wait for its first chunk.
    outgoing.flushHeaders()
    answer.pipe(outgoing)
    answer.once('error', () => outgoing.destroy())
    answer.once('aborted', () => outgoing.destroy())
  })
  upstream.once('error', () => {
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
    else badGateway(outgoing, onAnswer)
  })
  outgoing.once('close', () => upstream.destroy())
  incoming.pipe(upstream)
}

function badGateway(outgoing: ServerResponse, onAnswer: (status: number) => void): void {
  onAnswer(502)
  outgoing.writeHead(502, { 'content-type': 'text/plain' })
  outgoing.end('502 Bad Gateway: no process of this slot answers.\n')
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te', 'trailer']

function forwardedHeaders(incoming: IncomingMessage) {
  return {
    ...withoutHopByHop(incoming.headers),
    // A body of unknown length stays one; without this Node would send it without a body.
    ...(incoming.headers['transfer-encoding'] === undefined ? {} : { 'transfer-encoding': 'chunked' }),
    'x-forwarded-for': incoming.socket.remoteAddress ?? '127.0.0.1',
    'x-forwarded-proto': 'http',
  }
}

function withoutHopByHop(headers: IncomingMessage['headers']) {
  return Object.fromEntries(
    Object.entries(headers).filter(([name, value]) => value !== undefined && !HOP_BY_HOP.includes(name)),
  )
}
