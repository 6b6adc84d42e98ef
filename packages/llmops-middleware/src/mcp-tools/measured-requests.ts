import { type Attributes, type Meter, trace } from '@opentelemetry/api'
import { errorTypeOf } from '../error-type.ts'
import { mcpOperationDuration } from '../mcp-operation-duration.ts'
import { realTiming } from '../timing.ts'
import type { ClientRequests } from './mcp-client.ts'
import { isObject } from './tool-definition.ts'

/** Wraps the requests to record `mcp.client.operation.duration`, and to set the method on the span of the tool. */
export function measured(requests: ClientRequests, meter: Meter | undefined): ClientRequests {
  const record = mcpOperationDuration('client', meter)

  async function measure(attributes: Attributes, act: () => Promise<unknown>): Promise<unknown> {
    const startedAtMs = realTiming.monotonicMs()
    let errorType: string | undefined
    try {
      const result = await act()
      if (isObject(result) && result.isError === true) errorType = 'tool_error'
      return result
    } catch (error) {
      errorType = errorTypeOf(error)
      throw error
    } finally {
      const failed = errorType === undefined ? {} : { 'error.type': errorType }
      record((realTiming.monotonicMs() - startedAtMs) / 1000, { ...attributes, ...failed })
    }
  }

  return {
    listTools: (cursor, limits) => measure(LIST, () => requests.listTools(cursor, limits)),
    callTool: (params, inputSchema, limits) => {
      trace.getActiveSpan()?.setAttributes(CALL)
      return measure({ ...CALL, ...TOOL, 'gen_ai.tool.name': params.name }, () =>
        requests.callTool(params, inputSchema, limits),
      )
    },
  }
}

const LIST = { 'mcp.method.name': 'tools/list' }
const CALL = { 'mcp.method.name': 'tools/call' }
const TOOL = { 'gen_ai.operation.name': 'execute_tool' }
