import type { Expression } from '../expression/ast.ts'
import { FUNCTIONS, toText } from './functions.ts'
import { parseTemplate } from './template.ts'

/** The values that the expressions of a run can read. */
export type Scope = {
  readonly now: () => number
  readonly parameters: Readonly<Record<string, unknown>>
  readonly trigger: { readonly outputs: unknown }
  /** Returns the outputs of an action; null before it has ended. */
  readonly outputsOf: (action: string) => unknown
}

/** Functions that read values of the run. */
export const REFERENCE_FUNCTIONS = ['body', 'outputs', 'parameters', 'triggerBody', 'triggerOutputs'] as const

/** Evaluates every expression in a value of the definition. */
export function evaluateValue(value: unknown, scope: Scope): unknown {
  if (typeof value === 'string') return evaluateText(value, scope)
  if (Array.isArray(value)) return value.map((item) => evaluateValue(item, scope))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, evaluateValue(item, scope)]))
}

function evaluateText(text: string, scope: Scope): unknown {
  const template = parseTemplate(text)
  switch (template.kind) {
    case 'text':
      return template.text
    case 'expression':
      return evaluateExpression(template.expression, scope)
    case 'interpolation':
      return template.parts
        .map((part) => (typeof part === 'string' ? part : toText(evaluateExpression(part, scope))))
        .join('')
  }
}

function evaluateExpression(expression: Expression, scope: Scope): unknown {
  switch (expression.kind) {
    case 'literal':
      return expression.value
    case 'call':
      return callFunction(
        expression.name,
        expression.args.map((argument) => evaluateExpression(argument, scope)),
        scope,
      )
    case 'member':
      return member(expression, scope)
  }
}

function callFunction(name: string, args: readonly unknown[], scope: Scope): unknown {
  switch (name) {
    case 'parameters':
      return scope.parameters[String(args[0])]
    case 'triggerOutputs':
      return scope.trigger.outputs
    case 'triggerBody':
      return bodyOf(scope.trigger.outputs)
    case 'outputs':
      return scope.outputsOf(String(args[0]))
    case 'body':
      return bodyOf(scope.outputsOf(String(args[0])))
    default:
      return FUNCTIONS[name]!.call(args, scope.now)
  }
}

function member(expression: Expression & { kind: 'member' }, scope: Scope): unknown {
  const of = evaluateExpression(expression.of, scope)
  const key = String(evaluateExpression(expression.key, scope))
  if (of === null || of === undefined || typeof of === 'string') {
    if (expression.isOptional) return null
    throw new TypeError(`${key} cannot be read from ${of === undefined ? 'null' : JSON.stringify(of)}`)
  }
  const value = (of as Record<string, unknown>)[key]
  if (value !== undefined) return value
  if (expression.isOptional) return null
  throw new TypeError(`there is no ${key}`)
}

function bodyOf(outputs: unknown): unknown {
  return (outputs as { body?: unknown } | null | undefined)?.body ?? null
}
