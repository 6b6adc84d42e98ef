import { AsyncLocalStorage } from 'node:async_hooks'
import { subscribe } from 'node:diagnostics_channel'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { bindEvents } from '../bind-events.ts'
import { ClientDisconnectedError } from '../client-disconnected-error.ts'
import type { LlmOps } from '../llmops.ts'
import { failureClassOf, recordOf, type Task, type TaskOptions } from '../task.ts'
import type { TenantOf } from './tenant-of.ts'

/** What starts a task; the type of `ops` names only what is used. */
export type RequestTaskOptions = {
  readonly ops: Pick<LlmOps, 'fetch' | 'fetchAs' | 'task'>
  readonly tenantOf: TenantOf
  readonly task: Pick<TaskOptions, 'deadlineMs' | 'budgetUsd'>
  readonly abortWhenClientLeaves: boolean
}

type Began = { readonly request: IncomingMessage; readonly response: ServerResponse }

/** Gives each incoming HTTP request a context of its own, in which its first model call begins a task. */
export class RequestTasks {
  readonly #storage = new AsyncLocalStorage<IncomingRequest>()
  readonly #options: RequestTaskOptions

  constructor(options: RequestTaskOptions) {
    this.#options = options
  }

  /** @param began is called for each request, before its handler. */
  listen(began: () => void): void {
    // For a request without a model call this is the whole cost.
    subscribe('http.server.request.start', (message) => {
      const { request, response } = message as Began
      this.#storage.enterWith(new IncomingRequest(request, response, this.#options))
      bindEvents(request)
      began()
    })
  }

  /** The request that the calling code is handling, if any. */
  get current(): IncomingRequest | undefined {
    return this.#storage.getStore()
  }
}

export class IncomingRequest {
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #options: RequestTaskOptions
  /** Runs something in the task; undefined before its first model call. */
  #run: (<T>(act: () => T) => T) | undefined

  constructor(request: IncomingMessage, response: ServerResponse, options: RequestTaskOptions) {
    this.#request = request
    this.#response = response
    this.#options = options
  }

  get tenant(): string | undefined {
    return this.#options.tenantOf(this.#request)
  }

  /** A model call, in the task of the request while that is open. */
  readonly fetch: typeof fetch = (input, init) => {
    const { ops } = this.#options
    const { tenant } = this
    // There, a call without a payer is refused.
    if (tenant === undefined) return ops.fetch(input, init)
    // A call made after the response has ended is outside of the task, and is charged all the same.
    if (this.#response.writableEnded || this.#response.destroyed) return ops.fetchAs({ tenant })(input, init)
    if (this.#run === undefined) this.#begin(tenant)
    return this.#run!(() => ops.fetch(input, init))
  }

  #begin(tenant: string): void {
    const { ops, task: options } = this.#options
    const run = (task: Task) => {
      this.#run = AsyncLocalStorage.snapshot()
      return this.#ended(task)
    }
    // The task starts in this turn of the event loop. Its calls get the reason when it rejects, so `#ended` never rejects.
    ops.task({ ...options, tenant }, run).catch(() => {})
  }

  async #ended(task: Task): Promise<void> {
    const response = this.#response
    await new Promise((resolve) => response.once('close', resolve))
    if (!response.writableFinished) {
      const left = new ClientDisconnectedError(task.id)
      if (this.#options.abortWhenClientLeaves) task.abort(left)
      else task.fail(left.code, failureClassOf(left, task))
    } else if (response.statusCode >= 500) {
      task.fail(`http_${response.statusCode}`, recordOf(task)?.modelFailure?.class)
    }
  }
}
