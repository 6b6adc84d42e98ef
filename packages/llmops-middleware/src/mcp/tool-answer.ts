import type { CallToolResult } from '@modelcontextprotocol/server'
import { isErrorCode } from '../error-codes.ts'
import { LlmOpsError } from '../errors.ts'
import { REFUSAL_CODE } from '../mcp-meta.ts'
import type { JsonSchema } from '../repair/index.ts'

/** What a tool returned, for a model as text and, where the tool has an `output` schema, for programs as it is. */
export function answerOf(value: unknown, output: JsonSchema | undefined): CallToolResult {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return {
    content: [{ type: 'text', text }],
    ...(output && { structuredContent: value as Record<string, unknown> }),
  }
}

type Refusal = { readonly code: string; readonly answer: CallToolResult }

/**
 * Why there is no answer, in the words of this library, which say what to do. Of what a tool itself threw nothing is told:
 * it may name what callers should not see.
 */
export function refusalOf(error: unknown): Refusal {
  const { code, message } = toldOf(error)
  return {
    code,
    answer: {
      isError: true,
      content: [{ type: 'text', text: `${code}: ${message}` }],
      _meta: { [REFUSAL_CODE]: code },
    },
  }
}

type Told = { readonly code: string; readonly message: string }

const INTERNAL: Told = { code: 'internal', message: 'The tool failed; the log of the service knows more.' }

function toldOf(error: unknown): Told {
  const { code, message, publicMessage = message, requestID } = (error ?? {}) as ThrownByTool
  if (typeof code !== 'string' || !isErrorCode(code)) return INTERNAL
  // What is answered in place of a provider is thrown by its SDK, with this mark. A code alone anybody can write.
  const isOurs = LlmOpsError.isInstance(error) || requestID !== undefined
  return isOurs ? { code, message: String(publicMessage) } : INTERNAL
}

type ThrownByTool = {
  readonly code?: unknown
  readonly message?: unknown
  readonly publicMessage?: unknown
  readonly requestID?: unknown
}
