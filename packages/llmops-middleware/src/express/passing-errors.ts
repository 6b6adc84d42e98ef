import type { Request, RequestHandler, Response } from 'express'

/** A handler whose rejection reaches the error handler on Express 4 too, which does not look at what handlers return. */
export function passingErrors(handle: (request: Request, response: Response) => Promise<unknown>): RequestHandler {
  return (request, response, next) => void handle(request, response).catch(next)
}
