import type { NextFunction, Request, RequestHandler, Response } from 'express'
import { asError } from '../http/index.ts'

/**
 * Passes a rejection to the error handler on Express 4 too, which ignores the promise that a handler returns. Whatever
 * the rejection is, the error handler gets an Error.
 */
export function passingErrors(
  handle: (request: Request, response: Response, next: NextFunction) => Promise<unknown>,
): RequestHandler {
  return (request, response, next) => void handle(request, response, next).catch((error) => next(asError(error)))
}
