import { evaluateValue, type Scope } from './evaluate.ts'
import { FUNCTIONS, toBoolean } from './functions.ts'

/** The comparisons that the object form of an `If` may use. They are functions too. */
export const COMPARISONS = ['contains', 'equals', 'greater', 'greaterOrEquals', 'less', 'lessOrEquals'] as const

/** Evaluates the expression of an `If`: a string, or the object form `{ "and": [{ "equals": [a, b] }] }`. */
export function evaluateCondition(condition: unknown, scope: Scope): boolean {
  if (typeof condition === 'string') return toBoolean(evaluateValue(condition, scope))
  const [[operator, operand]] = Object.entries(condition as Record<string, unknown>) as [[string, unknown]]
  switch (operator) {
    case 'not':
      return !evaluateCondition(operand, scope)
    case 'and':
      return (operand as unknown[]).every((part) => evaluateCondition(part, scope))
    case 'or':
      return (operand as unknown[]).some((part) => evaluateCondition(part, scope))
    default:
      return toBoolean(FUNCTIONS[operator]!.call(evaluateValue(operand, scope) as unknown[], scope.now))
  }
}
