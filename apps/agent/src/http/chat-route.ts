import express, { type RequestHandler, type Response, Router } from 'express'
import { currentTask, failureClassOf, type LlmOps, type Task } from 'llmops-middleware'
import { problemOf, taskMiddleware } from 'llmops-middleware/express'
import { type Answer, classOfFailure } from '../agent/answer.ts'
import type { AgentEvents } from '../agent/events.ts'
import { type Agent, runAgent } from '../agent/run-agent.ts'
import type { WhoPays } from '../tenants/who-pays.ts'
import type { Admission } from './admission.ts'
import { type ChatRequest, parseChatRequest } from './chat-request.ts'
import { describeProblem } from './describe-problem.ts'
import { EventStream } from './event-stream.ts'
import type { Instance } from './instance.ts'

export type ChatRouteOptions = {
  readonly ops: LlmOps
  readonly agent: Agent
  readonly instance: Instance
  readonly whoPays: WhoPays
  readonly admission: Admission
}

const MAX_BODY = '256kb'
/** How long after the deadline a client that has not read may still begin to. */
const GRACE_MS = 1000

/**
 * `POST /chat`: one prompt is one task, and the response is JSON or a stream of events. The task begins after the
 * request was validated, because an invalid request says nothing about the agent.
 */
export function chatRoute(options: ChatRouteOptions): Router {
  const { ops, agent, whoPays, admission } = options
  return Router().post(
    '/chat',
    express.json({ limit: MAX_BODY }),
    readRequest,
    (_request, response, next) => {
      admission.admit(response)
      next()
    },
    taskMiddleware({
      ops,
      tenant: (request) => whoPays(request, chatOf(request.res!).tenant),
      deadlineMs: agent.limits.deadlineMs,
      graceMs: GRACE_MS,
    }),
    chat(options),
  )
}

const readRequest: RequestHandler = (request, response, next) => {
  response.locals['chat'] = parseChatRequest(request.body)
  next()
}

function chatOf(response: Response): ChatRequest {
  return response.locals['chat'] as ChatRequest
}

function chat({ agent, instance, admission }: ChatRouteOptions): RequestHandler {
  return async (_request, response) => {
    const task = currentTask()!
    admission.onDeadline(response, (reason) => task.abort(reason))
    const { messages, stream: wantsStream } = chatOf(response)
    const stream = wantsStream ? new EventStream(response, task.signal) : undefined
    try {
      const answer = await runAgent(agent, messages, task, stream && eventsOf(stream))
      const { outcome } = answer
      if (outcome.status === 'failed') task.fail(outcome.reason, classOfFailure(outcome.reason))
      const body = answerBody(answer, task, instance)
      if (!stream) return void response.json(body)
      stream.send('done', body)
      stream.end()
    } catch (thrown) {
      // The SDK throws an error of its own for an abort. The caller needs the reason of the abort instead.
      const error = task.signal.aborted ? task.signal.reason : thrown
      if (!stream?.hasBegun) throw error
      endWithProblem(stream, task, error)
    }
  }
}

function eventsOf(stream: EventStream): AgentEvents {
  return {
    onDelta: (text) => stream.send('delta', { text }),
    onTool: (event) => stream.send('tool', event),
  }
}

/** Sends the problem as the last event, because the status has been sent already. */
function endWithProblem(stream: EventStream, task: Task, error: unknown): void {
  const { headers: _headers, members, ...problem } = describeProblem(error) ?? problemOf(error)
  task.fail(problem.code, failureClassOf(error, task))
  stream.send('error', { ...problem, ...members, taskId: task.id })
  stream.end()
}

function answerBody({ text, model, outcome, steps }: Answer, { id, totals }: Task, { instance }: Instance) {
  return {
    answer: text,
    outcome,
    model,
    taskId: id,
    usage: { inputTokens: totals.inputTokens, outputTokens: totals.outputTokens },
    costUsd: totals.costUsd,
    steps,
    repairs: totals.repairs,
    fallbacks: totals.fallbacks,
    downshifted: totals.downshifts > 0,
    instance,
  }
}
