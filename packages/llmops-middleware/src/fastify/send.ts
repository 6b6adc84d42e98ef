import type { FastifyReply, FastifyRequest } from 'fastify'
import { type Answer, type Problem, problemAnswer } from '../http/index.ts'
import type { Task } from '../task.ts'

/** The task of each request that has one. */
export const tasks = new WeakMap<FastifyRequest, Task>()

export function sendAnswer(reply: FastifyReply, { status, headers, body }: Answer): FastifyReply {
  return reply.code(status).headers(headers).send(body)
}

/** Nothing was sent yet. If the handler has taken over the reply, it is written to the socket directly, as the handler would. */
export function sendProblem(reply: FastifyReply, problem: Problem): void {
  const answer = problemAnswer(problem, tasks.get(reply.request)?.id)
  if (reply.sent) reply.raw.writeHead(answer.status, answer.headers).end(answer.body)
  else sendAnswer(reply, answer)
}
