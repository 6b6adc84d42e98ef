import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { asError } from '../http/index.ts'

/**
 * A handler whose rejection reaches the error handler on Express 4 too, which does not look at what handlers return, and
 * whatever it rejects with.
 */
export function passingErrors(
  handle: (request: Request, response: Response, next: NextFunction) => Promise<unknown>,
): RequestHandler {
  return (request, response, next) => void handle(request, response, next).catch((error) => next(asError(error)))
}
