import type { CallToolResult } from '@modelcontextprotocol/server'
import { HTTP_STATUS } from '../error-codes.ts'
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
  const { code, message } = (error ?? {}) as { readonly code?: unknown; readonly message?: unknown }
  const isOurs = typeof code === 'string' && Object.hasOwn(HTTP_STATUS, code)
  const said = isOurs ? String(message) : 'The tool failed; the log of the service knows more.'
  const told = isOurs ? code : 'internal'
  return {
    code: told,
    answer: { isError: true, content: [{ type: 'text', text: `${told}: ${said}` }], _meta: { [REFUSAL_CODE]: told } },
  }
}
