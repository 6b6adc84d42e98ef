import type { Response } from 'express'

/** Problem details of RFC 9457, with the headers that go with them. */
export type Problem = {
  readonly status: number
  /** Stable: what a program decides by. */
  readonly code: string
  readonly title: string
  /** For people. Never a stack, never a message of an error we do not know. */
  readonly detail: string
  readonly headers?: Readonly<Record<string, string>>
  /** Members of its own, such as `field` or `resetsAt`. */
  readonly members?: Readonly<Record<string, unknown>>
}

/** Answers with `application/problem+json`, and with the id of the task when there is one. */
export function sendProblem(response: Response, problem: Problem): void {
  const { status, code, title, detail, headers = {}, members } = problem
  const taskId: unknown = response.locals['taskId']
  const body = {
    type: `urn:llmops:problem:${code}`,
    title,
    status,
    detail,
    code,
    ...members,
    ...(taskId ? { taskId } : {}),
  }
  response
    .status(status)
    .set({ 'cache-control': 'no-store', ...headers })
    .type('application/problem+json')
    .send(JSON.stringify(body))
}
