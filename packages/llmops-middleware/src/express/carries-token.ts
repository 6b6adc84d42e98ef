import type { Request } from 'express'
import { tokenCheck } from '../http/index.ts'

/** Whether a request presents the token; none does where there is no token. */
export function carriesToken(token: string | undefined): (request: Request) => boolean {
  const carries = tokenCheck(token)
  return (request) => carries(request.get('authorization'))
}
