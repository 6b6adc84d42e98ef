import type { Response } from 'express'
import { sendProblem } from '../express/index.ts'

export function refuse(response: Response, detail: string): void {
  sendProblem(response, { status: 400, code: 'invalid_request', title: 'The request cannot be used', detail })
}

export function notFound(response: Response, detail: string): void {
  sendProblem(response, { status: 404, code: 'not_found', title: 'Not found', detail })
}
