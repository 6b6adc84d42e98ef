import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { type Listening, listen } from '../network/listen.ts'
import type { Worker } from './worker.ts'

export type FrontDoorOptions = {
  /** The process that serves the slot now; asked for every request, so a swap takes effect between two of them. */
  readonly worker: () => Worker | undefined
  /** Called once for every request, when its status is known. */
  readonly onAnswer: (status: number) => void
}

/** The load balancer before a slot. Streams both ways; answers 502 where there is no living process. */
export function openFrontDoor({ worker, onAnswer }: FrontDoorOptions): Promise<Listening> {
  return listen((incoming, outgoing) => {
    const target = worker()
    if (target === undefined || !target.isAlive) return badGateway(outgoing, onAnswer)
    forward(incoming, outgoing, target, onAnswer)
  })
}

function forward(incoming: IncomingMessage, outgoing: ServerResponse, target: Worker, onAnswer: (s: number) => void) {
  const upstream = send(new URL(incoming.url ?? '/', target.url), {
    method: incoming.method,
    headers: forwardedHeaders(incoming),
    // A connection a request: one kept open would hold up a process that is told to end.
    agent: false,
  })
  upstream.once('response', (answer) => {
    onAnswer(answer.statusCode ?? 502)
    outgoing.writeHead(answer.statusCode ?? 502, withoutHopByHop(answer.headers))
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
