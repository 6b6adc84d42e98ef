import type { CallToolResult } from '@modelcontextprotocol/server'
import { isErrorCode } from '../error-codes.ts'
import { LlmOpsError } from '../errors.ts'
import { REFUSAL_CODE } from '../mcp-meta.ts'
import type { JsonSchema } from '../repair/index.ts'

/** Returns the result of a tool as text, and as structured content too if the tool has an `output` schema. */
export function answerOf(value: unknown, output: JsonSchema | undefined): CallToolResult {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return {
    content: [{ type: 'text', text }],
    ...(output && { structuredContent: value as Record<string, unknown> }),
  }
}

type Refusal = { readonly code: string; readonly answer: CallToolResult }

/**
 * Returns the error message of this library, which says what to do. The message of any other error is not passed on,
 * because it may contain what callers must not see.
 */
export function refusalOf(error: unknown): Refusal {
  const { code, message } = publicErrorOf(error)
  return {
    code,
    answer: {
      isError: true,
      content: [{ type: 'text', text: `${code}: ${message}` }],
      _meta: { [REFUSAL_CODE]: code },
    },
  }
}

type PublicError = { readonly code: string; readonly message: string }

const INTERNAL: PublicError = { code: 'internal', message: 'The tool failed; see the log of the service.' }

function publicErrorOf(error: unknown): PublicError {
  const { code, message, publicMessage = message, requestID } = (error ?? {}) as ThrownByTool
  if (typeof code !== 'string' || !isErrorCode(code)) return INTERNAL
  // Our responses in place of a provider are thrown by its SDK, with a `requestID`. A code alone proves nothing.
  const isOurs = LlmOpsError.isInstance(error) || requestID !== undefined
  return isOurs ? { code, message: String(publicMessage) } : INTERNAL
}

type ThrownByTool = {
  readonly code?: unknown
  readonly message?: unknown
  readonly publicMessage?: unknown
  readonly requestID?: unknown
}
