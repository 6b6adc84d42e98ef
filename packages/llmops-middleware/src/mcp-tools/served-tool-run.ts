import { context, propagation } from '@opentelemetry/api'
import { IDEMPOTENCY_KEY, REFUSAL_CODE } from '../mcp-meta.ts'
import { RepairableError } from '../repair/index.ts'
import { InvalidResultError, type ToolContext, type ToolEffect } from '../tool/index.ts'
import { MAX_REASON } from './error-text.ts'
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

export type ServedRunOptions = {
  readonly requests: ClientRequests
  readonly definition: ToolDefinition
  /** The name of the tool for models and in errors. */
  readonly name: string
  readonly effect: ToolEffect
  readonly timeoutMs: number
  readonly media: McpMedia
  /** Whether results are checked with the output schema of the server. */
  readonly hasOutput: boolean
  /** Whether a model can be asked to repair arguments that the server rejects. */
  readonly canAsk: boolean
  /** @throws McpToolRefusedError if the definition has changed. */
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
    // Our timeout comes first, and its signal makes the client cancel the call at the server. The timeout of the client
    // would not.
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

/** Whether the client could not parse the response. The server has acted by then. */
const isUnreadable = (error: unknown) => /^\$?ZodError$/.test(String((error as Partial<Error> | null)?.name))

function failureOf(result: CallResult, { name, effect, canAsk }: ServedRunOptions): Error {
  const said = textOf(result, MAX_REASON)
  const code = isObject(result._meta) ? result._meta[REFUSAL_CODE] : undefined
  // In these cases it is certain that nothing has happened.
  const mayRunAgain = effect === 'read' || code === 'repair_failed'
  if (canAsk && mayRunAgain) return new RepairableError([{ path: '', message: said || 'were refused by the server' }])
  return new McpToolFailedError(name, said, typeof code === 'string' ? code : undefined)
}

/** Passes on the trace context, but no baggage, which may contain data that another company should not see. */
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
