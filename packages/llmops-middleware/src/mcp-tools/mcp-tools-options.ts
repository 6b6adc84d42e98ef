import type { Meter } from '@opentelemetry/api'
import { abortSignal, type ChecksOf, flag, func, having, listOf, mapOf, oneOf, text, where, whole } from '../check.ts'
import { TOOL_COST, TOOL_OPTIONS, type ToolCost, type ToolEffect, type ToolOptions } from '../tool/index.ts'
import type { McpNotice } from './mcp-notice.ts'
import type { McpMedia, McpToolValue } from './tool-value.ts'

/** Options of `ops.tool` that apply to each tool of the server. */
type Shared = Pick<ToolOptions, 'timeoutMs' | 'maxConcurrent' | 'maxResultBytes' | 'maxCalls' | 'maxRepeats' | 'repair'>

/** Which tools of an MCP server are used, and how far the server is trusted. */
export type McpToolsOptions = Shared & {
  /**
   * The path of a file with the hash of each tool's definition: description, schemas, annotations. The first use writes
   * it. From then on, a tool is refused if its definition has changed or it is not in the file. Use one file per
   * server.
   *
   * @default none: changes while the client exists are reported to `onNotice`, and nothing is refused
   */
  readonly pins?: string | undefined
  /** The tools to use, by their names on the server. @default all */
  readonly allow?: readonly string[] | undefined
  /** A prefix for each name, so that tools of several servers have different names. @default '' */
  readonly prefix?: string | undefined
  /** Whether calling a tool changes something, by its name on the server. @default 'effect' */
  readonly effects?: Readonly<Record<string, ToolEffect>> | undefined
  /**
   * Whether the annotations of the server are trusted: `readOnlyHint` then means `read`, and `idempotentHint` means
   * `idempotent`. `effects` has priority.
   *
   * @default false
   */
  readonly trustAnnotations?: boolean | undefined
  /** The cost of one call of any of its tools, like `costUsd` of a tool. @default 0 */
  readonly costUsd?: ToolCost<McpToolValue> | undefined
  /** The cost of one call of a tool, by its name on the server. @default `costUsd` */
  readonly costs?: Readonly<Record<string, ToolCost<McpToolValue>>> | undefined
  /**
   * How images, audio and binary resources in results are passed on. `describe` replaces their data by type and size,
   * because a model would read, and pay for, the base64 as text. `keep` passes on the base64.
   *
   * @default 'describe'
   */
  readonly media?: McpMedia | undefined
  /** The maximum length of descriptions, of a tool and in its schema, in characters. @default 2_000 */
  readonly maxDescriptionChars?: number | undefined
  /** Aborts the listing of the tools. @default none */
  readonly signal?: AbortSignal | undefined
  /** The meter for `mcp.client.operation.duration`. @default the meter `agent` of the global provider */
  readonly meter?: Meter | undefined
  /** Called for tools that were refused, changed, added or removed. @default emits a process warning */
  readonly onNotice?: ((notice: McpNotice) => void) | undefined
}

export const MCP_TOOLS_OPTIONS: ChecksOf<McpToolsOptions> = {
  pins: { ...text, accepts: 'the path of a file' },
  allow: listOf(text),
  prefix: where(
    'letters, digits, _ and -, up to 40',
    (value) => typeof value === 'string' && /^[\w-]{0,40}$/.test(value),
  ),
  effects: mapOf(TOOL_OPTIONS.effect),
  trustAnnotations: flag,
  costUsd: TOOL_COST,
  costs: mapOf(TOOL_COST),
  media: oneOf('describe', 'keep'),
  maxDescriptionChars: whole(20),
  signal: abortSignal,
  meter: having<Meter>('an OpenTelemetry Meter', 'createHistogram'),
  onNotice: func,
  timeoutMs: TOOL_OPTIONS.timeoutMs,
  maxConcurrent: TOOL_OPTIONS.maxConcurrent,
  maxResultBytes: TOOL_OPTIONS.maxResultBytes,
  maxCalls: TOOL_OPTIONS.maxCalls,
  maxRepeats: TOOL_OPTIONS.maxRepeats,
  repair: TOOL_OPTIONS.repair,
}
