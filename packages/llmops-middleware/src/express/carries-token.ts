import type { Request } from 'express'
import { tokenCheck } from '../http/index.ts'

/** Whether a request carries the token; false if no token is configured. */
export function carriesToken(token: string | undefined): (request: Request) => boolean {
  const carries = tokenCheck(token)
  return (request) => carries(request.get('authorization'))
}
