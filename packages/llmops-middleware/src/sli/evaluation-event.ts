import { type Attributes, ROOT_CONTEXT, type Span, trace } from '@opentelemetry/api'
import type { Evaluation } from '../evaluation.ts'
import { emitEvent } from './global-logger.ts'

/** Severity INFO of the OpenTelemetry logs. */
const INFO = 9

/** Emits the event of an evaluation as the conventions require, linked to the span of the task. */
export function emitEvaluation(
  { name, score, label, explanation }: Evaluation,
  identity: Attributes,
  span?: Span,
): void {
  emitEvent({
    eventName: 'gen_ai.evaluation.result',
    severityNumber: INFO,
    severityText: 'INFO',
    attributes: {
      ...identity,
      'gen_ai.evaluation.name': name,
      'gen_ai.evaluation.score.value': score,
      ...(label !== undefined && { 'gen_ai.evaluation.score.label': label }),
      ...(explanation !== undefined && { 'gen_ai.evaluation.explanation': explanation }),
    },
    context: span ? trace.setSpan(ROOT_CONTEXT, span) : ROOT_CONTEXT,
  })
}
