import { Readable } from 'node:stream'
import type { Request } from 'express'
import { isTooDeep } from '../nesting.ts'

/** What the SDK is handed of a request: with its body parsed, or as it is, for the SDK to say what is wrong with it. */
export type HandedOn = { readonly request: Request; readonly body: unknown }

/**
 * Reads the JSON of a request of an accepted length. The SDK would read it from the stream of a `Request` that it
 * clones first, which takes a tenth of the time of a small call. Undefined where the client left before its end.
 */
export async function readBody(request: Request, maxBytes: number): Promise<HandedOn | undefined> {
  const { method, headers } = request
  const length = Number(headers['content-length'] ?? 0)
  const read = request.body as unknown
  if (read !== undefined || method !== 'POST' || !(length <= maxBytes)) return { request, body: read }
  const bytes = await bytesOf(request, maxBytes)
  if (!bytes) return undefined
  const body = bytes.length > maxBytes ? undefined : parsed(bytes.toString())
  return body === undefined ? { request: again(request, bytes), body } : { request, body }
}

/** Undefined for what is not JSON, and for what is nested so deeply that it could not be written again. */
function parsed(text: string): unknown {
  if (isTooDeep(text, { from: 0 })) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** A request that is read once more. */
function again(request: Request, bytes: Buffer): Request {
  const { method, headers, url, auth } = request as Request & { readonly auth?: unknown }
  return Object.assign(Readable.from([bytes]), { method, headers, url, auth }) as unknown as Request
}

/** Of what says no length, so much that it is seen to be too long. */
function bytesOf(request: Request, maxBytes: number): Promise<Buffer | undefined> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let length = 0
    const end = () => resolve(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks))
    const take = (chunk: Buffer) => {
      chunks.push(chunk)
      length += chunk.length
      if (length <= maxBytes) return
      request.off('data', take)
      end()
    }
    request.on('data', take)
    request.once('end', end)
    request.once('close', () => resolve(undefined))
    request.once('error', () => resolve(undefined))
  })
}
