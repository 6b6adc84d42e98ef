import type { Response } from 'express'
import { type Answer, type Problem, problemAnswer } from '../http/index.ts'

/**
 * Answers with `application/problem+json`, and with the id of the task when there is one.
 *
 * @param response the response of Express or Node.js to answer with
 */
export function sendProblem(response: Response, problem: Problem): void {
  sendAnswer(response, problemAnswer(problem, response.locals['taskId']))
}

export function sendAnswer(response: Response, { status, headers, body }: Answer): void {
  response.status(status).set(headers).send(body)
}
