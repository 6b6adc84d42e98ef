import { anyText, checkValue, required, text, where } from './check.ts'

/** An evaluation of a task's answer. */
export type Evaluation = {
  readonly name: string
  readonly score: number
  readonly label: string | undefined
  readonly explanation: string | undefined
}

const score = required(where('a finite number', Number.isFinite))

/** @throws InvalidOptionError if an argument is invalid. */
export function checkEvaluation(evaluation: Evaluation): void {
  checkValue(evaluation.name, required(text), 'name')
  checkValue(evaluation.score, score, 'score')
  checkValue(evaluation.label, text, 'label')
  checkValue(evaluation.explanation, anyText, 'explanation')
}
