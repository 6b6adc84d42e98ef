import type { Expression } from '../expression/ast.ts'
import { ExpressionError } from '../expression/expression-error.ts'
import { parseExpression } from '../expression/parse.ts'
import type { Snapshot } from './snapshot.ts'
import { SnapshotError } from './snapshot-error.ts'

/** Functions whose values Azure knows only during a deployment. Each gets the arguments of its expression. */
export type RuntimeFunctions = Readonly<Record<string, (...args: unknown[]) => unknown>>

/**
 * Evaluates the expressions that a snapshot still contains. Throws for a function that is not in `functions`, with the
 * resource and the property.
 */
export function resolveSnapshot(snapshot: Snapshot, functions: RuntimeFunctions): Snapshot {
  const resources = snapshot.resources.map(
    (resource) => resolveValue(resource, functions, `${snapshot.file}: ${resource.name}`) as typeof resource,
  )
  return { file: snapshot.file, resources }
}

function resolveValue(value: unknown, functions: RuntimeFunctions, place: string): unknown {
  if (typeof value === 'string') return resolveText(value, functions, place)
  if (Array.isArray(value)) return value.map((item, index) => resolveValue(item, functions, `${place}[${index}]`))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, resolveValue(item, functions, `${place}.${key}`)]),
  )
}

function resolveText(text: string, functions: RuntimeFunctions, place: string): unknown {
  // ARM escapes a literal that begins with a bracket by doubling it.
  if (text.startsWith('[[')) return text.slice(1)
  if (!text.startsWith('[') || !text.endsWith(']')) return text
  const source = text.slice(1, -1)
  try {
    return evaluate(parseExpression(source), functions, source)
  } catch (cause) {
    if (!(cause instanceof ExpressionError)) throw cause
    throw new SnapshotError(cause.message, place, { cause })
  }
}

function evaluate(expression: Expression, functions: RuntimeFunctions, source: string): unknown {
  if (expression.kind === 'literal') return expression.value
  if (expression.kind === 'call') {
    const called = functions[expression.name]
    if (called === undefined) throw new ExpressionError(`unknown function ${expression.name}`, source)
    return called(...expression.args.map((argument) => evaluate(argument, functions, source)))
  }
  const of = evaluate(expression.of, functions, source) as Record<string, unknown> | null | undefined
  const key = String(evaluate(expression.key, functions, source))
  const value = of?.[key]
  if (value === undefined) throw new ExpressionError(`nothing is known about ${key}`, source)
  return value
}
