import { checkValue, required, where } from '../check.ts'

type Like = {
  readonly url?: unknown
  readonly headers?: { readonly get?: unknown }
  readonly req?: { readonly raw?: unknown }
  readonly request?: unknown
  readonly socket?: unknown
}

const REQUEST = required(
  where(
    'a Request',
    (value) => {
      const { url, headers } = (value ?? {}) as Like
      return typeof url === 'string' && typeof headers?.get === 'function'
    },
    (value) => {
      const { req, request, socket } = (value ?? {}) as Like
      if (req?.raw !== undefined) return 'In Hono, pass `c.req.raw`: app.post(path, (c) => handler(c.req.raw, c)).'
      if (request !== undefined) return 'Pass its `request`: (event) => handler(event.request, event).'
      if (socket !== undefined)
        return 'For Express and Fastify, use `llmops-middleware/express` or `llmops-middleware/fastify`.'
      return undefined
    },
  ),
)

/** @throws InvalidOptionError for what another framework passes to its handlers. */
export function checkRequest(request: unknown): void {
  checkValue(request, REQUEST, 'request')
}
