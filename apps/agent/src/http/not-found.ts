import type { RequestHandler } from 'express'
import { sendProblem } from 'llmops-middleware/express'

/** Responds with 404, as a problem like every other error. */
export function notFound(): RequestHandler {
  return (request, response) => {
    const detail = `There is no ${request.method} ${request.path}.`
    sendProblem(response, { status: 404, code: 'not_found', title: 'Not found', detail })
  }
}
