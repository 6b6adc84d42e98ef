import { METRICS, type Measured } from './metrics.ts'

const OPERATORS = {
  '<': (a: number, b: number) => a < b,
  '<=': (a: number, b: number) => a <= b,
  '>': (a: number, b: number) => a > b,
  '>=': (a: number, b: number) => a >= b,
} as const

export type Operator = keyof typeof OPERATORS

/** The condition of `--fail-if`: the run fails if it is met. */
export type Condition = {
  /** As the user wrote it. */
  readonly text: string
  readonly metric: string
  readonly operator: Operator
  /** In the unit of the metric. */
  readonly bound: number
}

export type Judgement = {
  readonly failIf: string
  readonly failed: boolean
  /** Absent without data. */
  readonly observed?: number
}

/** Without data a condition is met: no data is not health. */
export function judgeCondition({ text, metric, operator, bound }: Condition, measured: Measured): Judgement {
  const observed = METRICS[metric]!.of(measured)
  if (observed === undefined) return { failIf: text, failed: true }
  return { failIf: text, failed: OPERATORS[operator](observed, bound), observed }
}

export function isOperator(text: string): text is Operator {
  return Object.hasOwn(OPERATORS, text)
}
