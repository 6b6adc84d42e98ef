import { type ChecksOf, either, flag, objectOf, oneOf, text, whole } from '../check.ts'
import { defaultConventions, GEN_AI_CONVENTIONS, type GenAiConventions } from './gen-ai-instruments.ts'

/** The options for the names and attributes of spans. */
export type SpanOptions = {
  /**
   * `gen_ai.agent.id` of every span of a task, with which Microsoft Foundry finds the agent.
   *
   * @default the name of the task
   */
  readonly agentId?: string | undefined
  /** `gen_ai.agent.name`: the name of tasks without one. @default 'agent' */
  readonly agentName?: string | undefined
  /** `gen_ai.agent.version` of every span of a task. @default the attribute is left out */
  readonly agentVersion?: string | undefined
  /**
   * The version of the OpenTelemetry GenAI conventions for spans and metrics.
   *
   * @default 'latest' where the variable `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`, else 'current'
   */
  readonly genAiConventions?: GenAiConventions | undefined
  /**
   * Whether messages, and arguments and results of tools, are recorded on spans. They may be personal data.
   *
   * @default whether the variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`, `span_only` or
   * `span_and_event`
   */
  readonly captureContent?: boolean | ContentOptions | undefined
  /** Which spans are created next to those of a framework. @default ours, nested if the framework has one */
  readonly spans?: SpansOptions | undefined
}

export type ContentOptions = {
  /** The maximum length of an attribute, in characters. The earliest messages are left out first. @default 8192 */
  readonly maxLength?: number | undefined
}

export type SpansOptions = {
  /**
   * How spans of model calls are created, so that no backend counts tokens twice:
   * - `auto`: `nested` if the active span is a framework's span of the same call, else `own`
   * - `own`: a `chat {model}` span with the usage
   * - `nested`: a span without the model's usage, which the framework's span around it has
   * - `off`: no span; decisions are events of the active span
   *
   * @default 'auto'
   */
  readonly model?: ModelSpanMode | undefined
}

const MODEL_SPAN_MODES = ['auto', 'own', 'nested', 'off'] as const
export type ModelSpanMode = (typeof MODEL_SPAN_MODES)[number]

const CONTENT_OPTIONS: ChecksOf<ContentOptions> = { maxLength: whole(1, undefined, 'characters') }
const SPANS_OPTIONS: ChecksOf<SpansOptions> = { model: oneOf(...MODEL_SPAN_MODES) }

export const SPAN_OPTIONS: ChecksOf<SpanOptions> = {
  agentId: text,
  agentName: text,
  agentVersion: text,
  genAiConventions: oneOf(...GEN_AI_CONVENTIONS),
  captureContent: either(flag, objectOf(CONTENT_OPTIONS)),
  spans: objectOf(SPANS_OPTIONS),
}

/** The options, completed from environment variables. */
export type SpanSettings = {
  readonly agent: Pick<SpanOptions, 'agentId' | 'agentName' | 'agentVersion'>
  readonly conventions: GenAiConventions
  /** The maximum length of content on a span; undefined if no content is captured. */
  readonly maxContentLength: number | undefined
  readonly modelSpans: ModelSpanMode
}

export function readSpanOptions(options: SpanOptions): SpanSettings {
  const { agentId, agentName, agentVersion, captureContent = isCaptureAskedFor(), spans } = options
  const { maxLength = 8192 } = typeof captureContent === 'object' ? captureContent : {}
  return {
    agent: { agentId, agentName, agentVersion },
    conventions: options.genAiConventions ?? defaultConventions(),
    maxContentLength: captureContent ? maxLength : undefined,
    modelSpans: spans?.model ?? 'auto',
  }
}

/** The values of other implementations of the conventions. Content only in events is not supported. */
const ON_SPANS = new Set(['true', 'span_only', 'span_and_event'])

function isCaptureAskedFor(): boolean {
  return ON_SPANS.has(process.env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.trim().toLowerCase() ?? '')
}
