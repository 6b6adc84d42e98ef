import { finished, type Readable } from 'node:stream'
import type { FastifyPluginCallback, FastifyReply, FastifyRequest } from 'fastify'
import { checkOptions } from '../check.ts'
import { DeadlineExceededError } from '../deadline-exceeded-error.ts'
import {
  describeFailure,
  noteFailure,
  problemOf,
  REQUEST_TASK_OPTIONS,
  type RequestTaskOptions,
  runNodeExchange,
  runRequest,
  TASK_ID_HEADER,
} from '../http/index.ts'
import type { Task } from '../task.ts'
import { isInNoTask } from './own-routes.ts'
import { sendProblem, tasks } from './send.ts'

/** The options of `taskPlugin`. */
export type TaskPluginOptions = RequestTaskOptions<[request: FastifyRequest]>

/**
 * Runs each handler of the scope that it is registered in inside a task, which ends when the response does: after the
 * body was read and checked, and after the hooks that were registered before it, so that `tenant` knows the user. A task
 * fails when an error reached `problemHandler`, when the status is 500 or more, or when the client left, unless the handler
 * classified it itself.
 *
 * @throws InvalidOptionError naming the option that cannot be used.
 * @example app.register(taskPlugin({ ops, tenant: (request) => tenantOf(request) }))
 */
export function taskPlugin(options: TaskPluginOptions): FastifyPluginCallback {
  checkOptions(options, REQUEST_TASK_OPTIONS)
  const { graceMs = 10_000 } = options
  const plugin: FastifyPluginCallback = (app, _options, done) => {
    // Not earlier: the body parser continues in the context of the socket, outside of the task.
    app.addHook('preHandler', (request, reply, next) => {
      if (request.is404 || isInNoTask(request.routeOptions.config)) return next()
      let hasBegun = false
      const run = (task: Task) => {
        hasBegun = true
        tasks.set(request, task)
        // On the response of Node, so that it is sent by a handler too that takes the reply over.
        reply.raw.setHeader(TASK_ID_HEADER, task.id)
        const send = sendProblem.bind(undefined, reply)
        return runNodeExchange(task, { response: reply.raw, graceMs, send, proceed: next })
      }
      runRequest(options, [request], run).catch((error) => {
        if (hasBegun) return
        // As every deadline: answered without an error handler.
        if (DeadlineExceededError.isInstance(error) && !reply.raw.headersSent) sendProblem(reply, problemOf(error))
        else next(error)
      })
    })
    app.addHook('onSend', (request, reply, payload, next) => {
      const task = tasks.get(request)
      if (task) watchPayload(payload, task, reply)
      next(null, payload)
    })
    done()
  }
  // The hooks apply to the scope that registers the plugin, not to a scope of its own.
  return Object.assign(plugin, {
    [Symbol.for('skip-override')]: true,
    [Symbol.for('fastify.display-name')]: 'llmops-middleware',
  })
}

/** A stream that breaks after its first byte reaches no error handler: Fastify cuts the response. */
function watchPayload(payload: unknown, task: Task, reply: FastifyReply): void {
  const stream = payload instanceof Response ? payload.body : payload
  if (!(stream instanceof ReadableStream) && typeof (stream as Readable | null)?.pipe !== 'function') return
  // `finished` accepts web streams too, which its types do not say.
  finished(stream as Readable, { writable: false }, (error) => {
    // The reader left: the response reports that.
    if (!error || error.code === 'ERR_STREAM_PREMATURE_CLOSE') return
    noteFailure(reply.raw, describeFailure(error, task, { log: () => {} }))
  })
}
