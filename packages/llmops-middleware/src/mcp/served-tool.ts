import type {
  CallToolResult,
  ServerContext,
  StandardSchemaWithJSON,
  ToolAnnotations,
} from '@modelcontextprotocol/server'
import { context, propagation } from '@opentelemetry/api'
import { IDEMPOTENCY_KEY } from '../mcp-meta.ts'
import type { RecordOperation } from '../mcp-operation-duration.ts'
import { type JsonSchema, RepairFailedError } from '../repair/index.ts'
import type { Task, TaskRunner } from '../task.ts'
import { realTiming } from '../timing.ts'
import type { Tool } from '../tool/index.ts'
import type { ToolEffect } from '../tool-effect.ts'
import { withToolAttributes } from '../tool-span-attributes.ts'
import { answerOf, refusalOf } from './tool-answer.ts'

export type ServedToolOptions = {
  readonly ops: { readonly task: TaskRunner }
  /** `gen_ai.agent.name` of the tasks. */
  readonly name: string
  readonly deadlineMs: number | undefined
  readonly record: RecordOperation
}

/** The tenant of a request, and its revision of the protocol, if it has one. */
export type Caller = { readonly tenant: string; readonly protocolVersion: string | undefined }

/** Returns what the SDK registers for a tool, and a function that runs it for a caller. */
export function servedTool(tool: Tool, { ops, name, deadlineMs, record }: ServedToolOptions) {
  const { effect, output } = tool
  const config = {
    description: tool.description,
    inputSchema: passedOn({ ...tool.parameters, type: 'object' }),
    annotations: ANNOTATIONS[effect],
    ...(output && { outputSchema: passedOn(output) }),
  }

  async function call(tenant: string, args: unknown, { mcpReq }: ServerContext): Promise<CallToolResult> {
    const own = mcpReq._meta?.[IDEMPOTENCY_KEY]
    // As JSON, because names of tenants and keys of clients may contain any separator.
    const key = typeof own === 'string' && own !== '' ? JSON.stringify([tenant, tool.name, own]) : undefined
    const run = async (task: Task) => {
      try {
        const id = String(mcpReq.id)
        return await tool.execute(args, { id, key, isComplete: true, writtenBy: 'caller' })
      } catch (error) {
        // The caller is responsible for arguments that it wrote, as the agent is for those of its model.
        if (RepairFailedError.isInstance(error)) task.fail(error.code, 'caller')
        throw error
      }
    }
    const startedAtMs = realTiming.monotonicMs()
    let errorType: string | undefined
    try {
      const task = { tenant, name, signal: mcpReq.signal, ...(deadlineMs !== undefined && { deadlineMs }) }
      return answerOf((await ops.task(task, run)).value, output)
    } catch (error) {
      const refusal = refusalOf(error)
      errorType = refusal.code
      return refusal.answer
    } finally {
      record((realTiming.monotonicMs() - startedAtMs) / 1000, {
        'mcp.method.name': 'tools/call',
        'gen_ai.operation.name': 'execute_tool',
        'gen_ai.tool.name': tool.name,
        ...(errorType !== undefined && { 'error.type': errorType }),
      })
    }
  }

  const run =
    ({ tenant, protocolVersion }: Caller) =>
    (args: unknown, server: ServerContext) => {
      const { id, _meta = {} } = server.mcpReq
      // Continues the trace of the client, if the application has a propagator.
      const around = propagation.extract(context.active(), _meta)
      const attributes = {
        'mcp.method.name': 'tools/call',
        'jsonrpc.request.id': String(id).slice(0, MAX_ID_LENGTH),
        ...(protocolVersion !== undefined && { 'mcp.protocol.version': protocolVersion }),
      }
      return context.with(withToolAttributes(around, attributes), () => call(tenant, args, server))
    }
  return { name: tool.name, config, run }
}

/** In characters. A client may choose an id of any length, but a span is stored. */
const MAX_ID_LENGTH = 128

/** Hints that clients show to people. `openWorldHint` is left out, because it is not known. */
const ANNOTATIONS: Readonly<Record<ToolEffect, ToolAnnotations>> = {
  read: { readOnlyHint: true },
  idempotent: { readOnlyHint: false, idempotentHint: true },
  effect: { readOnlyHint: false, destructiveHint: true, idempotentHint: false },
}

/** A schema for clients. It accepts every value, because the tool itself validates and repairs. */
function passedOn(schema: JsonSchema): StandardSchemaWithJSON {
  const jsonSchema = () => schema as Record<string, unknown>
  const validate = (value: unknown) => ({ value })
  return {
    '~standard': {
      version: 1,
      vendor: 'llmops-middleware',
      validate,
      jsonSchema: { input: jsonSchema, output: jsonSchema },
    },
  }
}
