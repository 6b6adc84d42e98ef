import type { Attributes, Meter } from '@opentelemetry/api'
import { instrumentsOf } from '../sli/index.ts'

export type RecordOperation = (seconds: number, attributes: Attributes) => void

/**
 * Records `mcp.server.operation.duration` with the boundaries that the conventions give it:
 * https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
export function operationDuration(meter: Meter | undefined): RecordOperation {
  const histogram = instrumentsOf(meter, (meter) =>
    meter.createHistogram('mcp.server.operation.duration', {
      unit: 's',
      description: 'MCP request as served.',
      advice: { explicitBucketBoundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
    }),
  )
  return (seconds, attributes) => histogram().record(seconds, attributes)
}
