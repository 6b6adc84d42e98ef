import { type Answer, type Problem, problemAnswer } from '../http/index.ts'

/**
 * Problem details (RFC 9457) as a Response.
 *
 * @example if (!question) return problemResponse({ status: 400, code: 'no_question', title: 'No question', detail: 'Ask.' })
 */
export function problemResponse(problem: Problem): Response {
  return toResponse(problemAnswer(problem))
}

export function toResponse({ status, headers, body }: Answer): Response {
  return new Response(body, { status, headers })
}
