import { type ChecksOf, door, either, flag, oneOf, text, whole } from '../check.ts'
import { defaultConventions, GEN_AI_CONVENTIONS, type GenAiConventions } from './gen-ai-instruments.ts'

/** What spans are called, and what is written on them. */
export type SpanOptions = {
  /**
   * `gen_ai.agent.id` of every span of a task: by it Microsoft Foundry finds the agent. @default the name of the task
   */
  readonly agentId?: string | undefined
  /** `gen_ai.agent.name`: the name of tasks that are given none. @default 'agent' */
  readonly agentName?: string | undefined
  /** `gen_ai.agent.version` of every span of a task. @default the attribute is left out */
  readonly agentVersion?: string | undefined
  /**
   * Which names of the OpenTelemetry GenAI conventions spans and metrics have.
   *
   * @default 'latest' where the variable `OTEL_SEMCONV_STABILITY_OPT_IN` lists `gen_ai_latest_experimental`, else 'current'
   */
  readonly genAiConventions?: GenAiConventions | undefined
  /**
   * Whether messages, and what tools are given and return, are written on spans. They may be personal data.
   *
   * @default whether the variable `OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT` is `true`, `span_only` or
   * `span_and_event`
   */
  readonly captureContent?: boolean | ContentOptions | undefined
  /** Which spans are made beside those of a framework that has its own. @default ours, nested where it has one */
  readonly spans?: SpansOptions | undefined
}

export type ContentOptions = {
  /** The longest attribute, in characters; the earliest messages are left out first. @default 8192 */
  readonly maxLength?: number | undefined
}

export type SpansOptions = {
  /**
   * How a model call is shown, so that no backend counts its tokens twice:
   * - `auto`: `nested` where the active span is that of a framework for this very call, else `own`
   * - `own`: a `chat {model}` span with the usage
   * - `nested`: a span without the model's usage, which the framework's span around it has
   * - `off`: no span; what was decided is told by events of the active one
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
  captureContent: either(flag, door(CONTENT_OPTIONS)),
  spans: door(SPANS_OPTIONS),
}

/** What was asked for, with what is read from the environment. */
export type SpanSettings = {
  readonly agent: Pick<SpanOptions, 'agentId' | 'agentName' | 'agentVersion'>
  readonly conventions: GenAiConventions
  /** The longest content of a span; undefined where none is captured. */
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

/** The values that the implementations of the conventions take; content in events alone is not for us. */
const ON_SPANS = new Set(['true', 'span_only', 'span_and_event'])

function isCaptureAskedFor(): boolean {
  return ON_SPANS.has(process.env['OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT']?.trim().toLowerCase() ?? '')
}
