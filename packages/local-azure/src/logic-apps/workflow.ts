import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { Ajv } from 'ajv'
import type { Clock } from '../clock/clock.ts'
import type { Emit } from '../events.ts'
import { type Listening, listen } from '../network/listen.ts'
import type { Network } from '../network/network.ts'
import { readBody } from '../network/read-body.ts'
import { sendJson } from '../network/send-json.ts'
import type { WorkflowDefinition } from './definition.ts'
import { readDefinition } from './read-definition.ts'
import { type RunOutcome, runWorkflow } from './run.ts'
import { type RunRecord, withoutSecrets } from './run-record.ts'
import { WorkflowDefinitionError } from './workflow-definition-error.ts'

export type WorkflowOptions = {
  readonly name: string
  readonly definition: unknown
  /** Values of the definition's parameters, in the form of a deployment: `{ name: { value } }`. */
  readonly parameters: Readonly<Record<string, { readonly value?: unknown }>>
  readonly clock: Clock
  readonly network: Network
  readonly tokenFor: (audience: string) => string
  readonly emit: Emit
  readonly onRunEnd?: (outcome: RunOutcome) => void
}

const KEPT_RUNS = 1_000
const BODY_LIMIT_BYTES = 1_000_000

/** A deployed workflow: its signed callback URL, its queue of runs and their history. */
export class Workflow {
  readonly #options: WorkflowOptions
  readonly #definition: WorkflowDefinition
  readonly #parameters: Readonly<Record<string, unknown>>
  readonly #secret: Buffer
  readonly #isValid: (body: unknown) => boolean
  readonly #runs = new Map<string, RunRecord>()
  readonly #waiting: { id: string; outputs: unknown }[] = []
  readonly #running = new Set<Promise<void>>()
  readonly #closing = new AbortController()

  constructor(options: WorkflowOptions, secret: Buffer = randomBytes(32)) {
    this.#options = options
    this.#definition = readDefinition(options.definition, options.name)
    this.#parameters = readParameters(this.#definition, options)
    this.#secret = secret
    const { schema, validatesSchema } = this.#definition.trigger
    this.#isValid = schema !== undefined && validatesSchema ? new Ajv({ strict: false }).compile(schema) : () => true
  }

  /** The last 1,000 runs, the oldest first. */
  get runs(): readonly RunRecord[] {
    return [...this.#runs.values()]
  }

  /** Path and query of the callback URL. Anyone who has it can start a run. */
  callbackPath(): string {
    const path = `/workflows/${this.#options.name}/triggers/${this.#definition.trigger.name}/paths/invoke`
    return `${path}?api-version=2016-10-01&sp=%2Ftriggers%2F${this.#definition.trigger.name}%2Frun&sv=1.0&sig=${this.#signature(path)}`
  }

  open(): Promise<Listening> {
    return listen((request, response) => void this.#trigger(request, response))
  }

  async close(): Promise<void> {
    this.#closing.abort()
    this.#waiting.length = 0
    await Promise.all(this.#running)
  }

  async #trigger(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const refuse = (status: number, code: string, message: string) =>
      sendJson(response, status, { error: { code, message } })
    const url = new URL(request.url ?? '/', 'http://loopback')
    if (url.pathname !== this.callbackPath().split('?')[0])
      return refuse(404, 'WorkflowNotFound', 'There is no such workflow.')
    if (!this.#isSigned(url)) {
      return refuse(
        401,
        'DirectApiAuthorizationRequired',
        'The request must be authenticated by a shared access signature.',
      )
    }
    if (request.method !== 'POST') return refuse(405, 'MethodNotAllowed', 'The trigger is called with POST.')
    const text = await readBody(request, BODY_LIMIT_BYTES)
    if (text === undefined) return refuse(413, 'RequestEntityTooLarge', 'The body is too large.')
    const body = parseJson(text)
    if (body === undefined) return refuse(400, 'InvalidRequestContent', 'The request content is not valid JSON.')
    if (!this.#isValid(body)) {
      return refuse(400, 'TriggerInputSchemaMismatch', 'The input body for the trigger does not match its schema.')
    }
    const id = this.#enqueue({ headers: request.headers, body })
    if (id === undefined) return refuse(429, 'WorkflowRunsThrottled', 'Too many runs are waiting.')
    // The workflow has no Response action, so the caller does not wait for the run.
    response.writeHead(202, { 'x-ms-workflow-run-id': id }).end()
  }

  #enqueue(outputs: unknown): string | undefined {
    const { concurrentRuns, waitingRuns, name, secured } = this.#definition.trigger
    if (this.#running.size >= concurrentRuns && this.#waiting.length >= waitingRuns) return undefined
    const id = randomUUID()
    const shown = withoutSecrets({ status: 'Succeeded', outputs }, secured).outputs
    const startedAt = this.#options.clock.now()
    this.#runs.set(id, { id, startedAt, status: 'Waiting', trigger: { name, outputs: shown }, actions: {} })
    this.#forgetOldRuns()
    this.#waiting.push({ id, outputs })
    this.#startWaiting()
    return id
  }

  #startWaiting(): void {
    while (this.#running.size < this.#definition.trigger.concurrentRuns) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      const run: Promise<void> = this.#run(next.id, next.outputs).finally(() => {
        this.#running.delete(run)
        if (!this.#closing.signal.aborted) this.#startWaiting()
      })
      this.#running.add(run)
    }
  }

  async #run(id: string, triggerOutputs: unknown): Promise<void> {
    const { clock, network, tokenFor, emit, onRunEnd } = this.#options
    this.#update(id, { status: 'Running' })
    emit({ kind: 'run started', run: id })
    const outcome = await runWorkflow({
      definition: this.#definition,
      parameters: this.#parameters,
      triggerOutputs,
      clock,
      network,
      tokenFor,
      signal: this.#closing.signal,
      onActionEnd: (action, result) => {
        this.#update(id, { actions: { ...this.#runs.get(id)!.actions, [action]: result } })
        const { status, code } = result
        emit({ kind: 'run action ended', run: id, action, status, ...(code === undefined ? {} : { code }) })
      },
    })
    const { status, error, reason } = outcome
    this.#update(id, { status, endedAt: clock.now(), ...(error === undefined ? {} : { error }) })
    emit({ kind: 'run ended', run: id, status, reason: error?.message ?? reason ?? '' })
    onRunEnd?.(outcome)
  }

  #forgetOldRuns(): void {
    for (const [id, { endedAt }] of this.#runs) {
      if (this.#runs.size <= KEPT_RUNS) return
      if (endedAt !== undefined) this.#runs.delete(id)
    }
  }

  #update(id: string, change: Partial<RunRecord>): void {
    this.#runs.set(id, { ...this.#runs.get(id)!, ...change })
  }

  #signature(path: string): string {
    return createHmac('sha256', this.#secret).update(path).digest('base64url')
  }

  #isSigned(url: URL): boolean {
    const given = Buffer.from(url.searchParams.get('sig') ?? '')
    const wanted = Buffer.from(this.#signature(url.pathname))
    return given.length === wanted.length && timingSafeEqual(given, wanted)
  }
}

function readParameters(
  definition: WorkflowDefinition,
  { parameters, name }: WorkflowOptions,
): Record<string, unknown> {
  const values = Object.entries(definition.parameters).map(([parameter, { defaultValue }]) => {
    const value = parameters[parameter]?.value ?? defaultValue
    if (value === undefined) throw new WorkflowDefinitionError(`the parameter ${parameter} has no value`, name)
    return [parameter, value] as const
  })
  return Object.fromEntries(values)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
