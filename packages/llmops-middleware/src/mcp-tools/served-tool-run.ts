import { context, propagation } from '@opentelemetry/api'
import { IDEMPOTENCY_KEY, REFUSAL_CODE } from '../mcp-meta.ts'
import { RepairableError } from '../repair/index.ts'
import { InvalidResultError, type ToolContext, type ToolEffect } from '../tool/index.ts'
import type { CallParams, ClientRequests } from './mcp-client.ts'
import { McpToolFailedError } from './mcp-tool-failed-error.ts'
import { isObject, type ToolDefinition } from './tool-definition.ts'
import {
  type CallResult,
  type McpMedia,
  type McpToolValue,
  readableValueOf,
  structuredValueOf,
  textOf,
} from './tool-value.ts'

/** In characters, of what a server says of a failure: a model reads it, and logs keep it. */
const MAX_REASON = 2000

export type ServedRunOptions = {
  readonly requests: ClientRequests
  readonly definition: ToolDefinition
  /** By which models and errors know the tool. */
  readonly name: string
  readonly effect: ToolEffect
  readonly timeoutMs: number
  readonly media: McpMedia
  /** Whether results are checked by the output schema of the server. */
  readonly hasOutput: boolean
  /** Whether a model can be asked to repair arguments that the server does not take. */
  readonly canAsk: boolean
  /** @throws McpToolRefusedError where the definition no longer holds. */
  readonly refuse: () => void
}

/** The function of a tool that runs on another server. */
export function servedToolRun(options: ServedRunOptions) {
  const { requests, definition, name, effect, timeoutMs, media, hasOutput, refuse } = options
  return async (args: unknown, { signal, idempotencyKey }: ToolContext): Promise<McpToolValue> => {
    refuse()
    const params: CallParams = {
      name: definition.name,
      arguments: args,
      ...metaOf(effect === 'read' ? undefined : idempotencyKey),
    }
    // Ours is up first, and its signal has the client tell the server: a client that gives up by itself says less.
    const limits = { signal, timeout: Math.min(timeoutMs + 5000, 2 ** 31 - 1) }
    const result = await requests.callTool(params, definition.inputSchema, limits).catch((error: unknown) => {
      throw isUnreadable(error) ? new InvalidResultError(name, [NO_MESSAGE], undefined, error) : error
    })
    if (!isObject(result))
      throw new InvalidResultError(name, [{ path: '', message: 'must be a result of MCP' }], result)
    if (result.isError === true) throw failureOf(result, options)
    if (!hasOutput) return readableValueOf(result, media)
    const structured = structuredValueOf(result)
    if (structured !== undefined) return structured as McpToolValue
    const message = 'has no `structuredContent`, which its output schema promises'
    throw new InvalidResultError(name, [{ path: '', message }], readableValueOf(result, media))
  }
}

const NO_MESSAGE = { path: '', message: 'must be a message of MCP' }

/** The clients' own check of messages failed: the server has answered, and has acted by then. */
const isUnreadable = (error: unknown) => /^\$?ZodError$/.test(String((error as Partial<Error> | null)?.name))

function failureOf(result: CallResult, { name, effect, canAsk }: ServedRunOptions): Error {
  const said = textOf(result, MAX_REASON)
  const code = isObject(result._meta) ? result._meta[REFUSAL_CODE] : undefined
  // Of these it is known that nothing has happened yet.
  const mayRunAgain = effect === 'read' || code === 'repair_failed'
  if (canAsk && mayRunAgain) return new RepairableError([{ path: '', message: said || 'were refused by the server' }])
  return new McpToolFailedError(name, said, typeof code === 'string' ? code : undefined)
}

/** The trace goes on at the server. Baggage does not: it may name what another company should not know. */
function metaOf(idempotencyKey: string | undefined): Pick<CallParams, '_meta'> {
  const carrier: Record<string, string> = {}
  propagation.inject(context.active(), carrier)
  const { traceparent, tracestate } = carrier
  const meta = {
    ...(traceparent !== undefined && { traceparent }),
    ...(tracestate !== undefined && { tracestate }),
    ...(idempotencyKey !== undefined && { [IDEMPOTENCY_KEY]: idempotencyKey }),
  }
  return Object.keys(meta).length > 0 ? { _meta: meta } : {}
}
