/**
 * The service level indicators (SLIs) of an agent, recorded as OpenTelemetry metrics.
 *
 * @module
 */
export {
  createSli,
  type EndedTask,
  type GenAiConventions,
  type Sli,
  type SliOptions,
  type SpanOptions,
} from '../sli/index.ts'
