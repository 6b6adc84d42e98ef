import type { Attributes, Meter } from '@opentelemetry/api'
import { instrumentsOf } from './sli/index.ts'

export type RecordOperation = (seconds: number, attributes: Attributes) => void

const DESCRIPTION = { server: 'MCP request as served.', client: 'MCP request as its sender sees it.' } as const

/**
 * Records `mcp.server.operation.duration` or `mcp.client.operation.duration`, with the boundaries that the conventions give
 * them: https://github.com/open-telemetry/semantic-conventions-genai/blob/main/docs/gen-ai/mcp.md
 */
export function mcpOperationDuration(side: keyof typeof DESCRIPTION, meter: Meter | undefined): RecordOperation {
  const histogram = instrumentsOf(meter, (meter) =>
    meter.createHistogram(`mcp.${side}.operation.duration`, {
      unit: 's',
      description: DESCRIPTION[side],
      advice: { explicitBucketBoundaries: [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300] },
    }),
  )
  return (seconds, attributes) => histogram().record(seconds, attributes)
}
