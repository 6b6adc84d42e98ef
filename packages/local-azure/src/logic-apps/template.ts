import type { Expression } from '../expression/ast.ts'
import { ExpressionError } from '../expression/expression-error.ts'
import { parseExpression } from '../expression/parse.ts'

/** A string of a workflow definition: plain text, one expression, or text with expressions in it. */
export type Template =
  | { kind: 'text'; text: string }
  | { kind: 'expression'; expression: Expression }
  | { kind: 'interpolation'; parts: readonly (string | Expression)[] }

/**
 * Parses `@expression`, `text @{expression} text` and plain text. A leading `@@` stands for one `@`.
 * Source: learn.microsoft.com/azure/logic-apps/logic-apps-workflow-definition-language#expressions
 */
export function parseTemplate(text: string): Template {
  if (text.startsWith('@@')) return { kind: 'text', text: text.slice(1) }
  if (text.startsWith('@') && text[1] !== '{') return { kind: 'expression', expression: parseExpression(text.slice(1)) }
  const parts: (string | Expression)[] = []
  let position = 0
  for (;;) {
    const start = text.indexOf('@{', position)
    if (start === -1) break
    if (start > position) parts.push(text.slice(position, start))
    const end = closingBrace(text, start + 2)
    parts.push(parseExpression(text.slice(start + 2, end)))
    position = end + 1
  }
  if (parts.length === 0) return { kind: 'text', text }
  if (position < text.length) parts.push(text.slice(position))
  return { kind: 'interpolation', parts }
}

/** Every expression in a template. */
export function expressionsOf(template: Template): readonly Expression[] {
  if (template.kind === 'text') return []
  if (template.kind === 'expression') return [template.expression]
  return template.parts.filter((part): part is Expression => typeof part !== 'string')
}

function closingBrace(text: string, from: number): number {
  let isQuoted = false
  for (let at = from; at < text.length; at++) {
    if (text[at] === "'") isQuoted = !isQuoted
    else if (text[at] === '}' && !isQuoted) return at
  }
  throw new ExpressionError('the brace is never closed', text)
}
