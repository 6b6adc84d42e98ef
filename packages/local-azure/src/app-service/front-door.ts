import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { type Listening, listen } from '../network/listen.ts'
import { pin, pinnedInstance } from './affinity.ts'
import type { Instance } from './instance.ts'

export type FrontDoorOptions = {
  /** The instances that get requests now. It is called for every request, so a swap takes effect at once. */
  readonly rotation: () => readonly Instance[]
  /** Whether a client keeps the instance that handled its first request. */
  readonly hasAffinity: boolean
  /** Called once for every request, with the status of its response. */
  readonly onResponse: (status: number) => void
}

/**
 * The load balancer of a slot. Instances take turns, except for clients that are pinned to one. It streams both ways. It
 * responds with 502 if the process of the instance is dead, which only the health check finds out.
 */
export function openFrontDoor({ rotation, hasAffinity, onResponse }: FrontDoorOptions): Promise<Listening> {
  let turn = 0
  return listen((incoming, outgoing) => {
    const instances = rotation()
    const before = hasAffinity ? pinnedInstance(incoming.headers) : undefined
    const pinned = instances.find(({ id }) => id === before)
    const instance = pinned ?? instances[turn++ % instances.length]
    if (instance?.worker === undefined || !instance.worker.isAlive) return badGateway(outgoing, onResponse)
    const { id } = instance
    const headersOf = hasAffinity && pinned === undefined ? (answer: IncomingMessage) => pin(answer.headers, id) : own
    forward(incoming, outgoing, { url: instance.worker.url, headersOf, onResponse })
  })
}

const own = ({ headers }: IncomingMessage) => headers

type Forward = {
  readonly url: string
  readonly headersOf: (answer: IncomingMessage) => IncomingMessage['headers']
  readonly onResponse: (status: number) => void
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, { url, headersOf, onResponse }: Forward) {
  const upstream = send(new URL(incoming.url ?? '/', url), {
    method: incoming.method,
    headers: forwardedHeaders(incoming),
    // One connection per request: an open connection would delay a process that is told to stop.
    agent: false,
  })
  upstream.once('response', (answer) => {
    onResponse(answer.statusCode ?? 502)
    outgoing.writeHead(answer.statusCode ?? 502, withoutHopByHop(headersOf(answer)))
    // Headers of a stream must not wait for its first chunk.
    outgoing.flushHeaders()
    answer.pipe(outgoing)
    answer.once('error', () => outgoing.destroy())
    answer.once('aborted', () => outgoing.destroy())
  })
  upstream.once('error', () => {
    if (outgoing.headersSent || outgoing.destroyed) outgoing.destroy()
    else badGateway(outgoing, onResponse)
  })
  outgoing.once('close', () => upstream.destroy())
  incoming.pipe(upstream)
}

function badGateway(outgoing: ServerResponse, onResponse: (status: number) => void): void {
  onResponse(502)
  outgoing.writeHead(502, { 'content-type': 'text/plain' })
  outgoing.end('502 Bad Gateway: no process of this slot responds.\n')
}

const HOP_BY_HOP = ['connection', 'keep-alive', 'transfer-encoding', 'upgrade', 'proxy-connection', 'te', 'trailer']

function forwardedHeaders(incoming: IncomingMessage) {
  return {
    ...withoutHopByHop(incoming.headers),
    // Without this header Node would drop a body of unknown length.
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
