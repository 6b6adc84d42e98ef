import { once } from 'node:events'
import { connect as connectTcp, isIP } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'

export type Connection = {
  readonly address: string | undefined
  readonly tls?: { readonly protocol: string | null; readonly validUntil: string; readonly issuer: string | undefined }
}

/** Opens a connection as far as a request would need it, and closes it: TCP, and TLS for https and rediss. */
export async function connectTo(url: URL, signal: AbortSignal): Promise<Connection> {
  const isTls = url.protocol === 'https:' || url.protocol === 'rediss:'
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const target = { host, port: portOf(url) }
  // Server names in TLS are host names, never addresses.
  const socket = isTls ? connectTls({ ...target, ...(isIP(host) ? {} : { servername: host }) }) : connectTcp(target)
  const stop = () => socket.destroy(signal.reason)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await once(socket, isTls ? 'secureConnect' : 'connect')
    const address = socket.remoteAddress
    return isTls ? { address, tls: describeTls(socket as TLSSocket) } : { address }
  } finally {
    signal.removeEventListener('abort', stop)
    socket.on('error', () => {})
    socket.destroy()
  }
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'https:': 443, 'http:': 80, 'redis:': 6379, 'rediss:': 6379 }

export function portOf(url: URL): number {
  return url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 80) : Number(url.port)
}

function describeTls(socket: TLSSocket): NonNullable<Connection['tls']> {
  const { valid_to: validUntil, issuer } = socket.getPeerCertificate()
  const name = issuer?.O ?? issuer?.CN
  return { protocol: socket.getProtocol(), validUntil, issuer: Array.isArray(name) ? name[0] : name }
}
