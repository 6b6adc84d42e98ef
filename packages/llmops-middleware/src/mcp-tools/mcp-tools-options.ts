import type { Meter } from '@opentelemetry/api'
import { abortSignal, type ChecksOf, flag, func, having, listOf, mapOf, oneOf, text, where, whole } from '../check.ts'
import { TOOL_COST, TOOL_OPTIONS, type ToolCost, type ToolEffect, type ToolOptions } from '../tool/index.ts'
import type { McpNotice } from './mcp-notice.ts'
import type { McpMedia, McpToolValue } from './tool-value.ts'

/** What holds for each tool of the server, as it would for one of your own. */
type Shared = Pick<ToolOptions, 'timeoutMs' | 'maxConcurrent' | 'maxResultBytes' | 'maxCalls' | 'maxRepeats' | 'repair'>

/** Which tools of an MCP server are used, and how far the server is trusted. */
export type McpToolsOptions = Shared & {
  /**
   * The path of a file with the hash of what the server says of each tool: description, schemas, annotations. The first use
   * writes it; from then on a tool whose definition has changed, or that the file does not have, is refused. One file for
   * each server.
   *
   * @default none: a change during the life of the client is told (`onNotice`), and nothing is refused
   */
  readonly pins?: string
  /** The tools that are wanted, by their names on the server. @default all */
  readonly allow?: readonly string[]
  /** Stands before each name, so that tools of several servers do not have the same. @default '' */
  readonly prefix?: string
  /** What calling a tool means, by its name on the server. @default 'effect' */
  readonly effects?: Readonly<Record<string, ToolEffect>>
  /**
   * Whether the server is believed what it says of its tools: `readOnlyHint` is then `read`, `idempotentHint` is
   * `idempotent`. `effects` stand above it.
   *
   * @default false
   */
  readonly trustAnnotations?: boolean
  /** What one call of any of its tools costs, as `costUsd` of a tool does. @default 0 */
  readonly costUsd?: ToolCost<McpToolValue>
  /** The same for single tools, by their names on the server. @default `costUsd` */
  readonly costs?: Readonly<Record<string, ToolCost<McpToolValue>>>
  /**
   * What becomes of pictures, of sound and of binary resources in results: `describe` puts their type and size in place of
   * their data, which a model would read, and pay, as text; `keep` keeps the base64.
   *
   * @default 'describe'
   */
  readonly media?: McpMedia
  /** The longest description that a model is given, of a tool or in its schema, in characters. @default 2_000 */
  readonly maxDescriptionChars?: number
  /** Ends the listing. @default none */
  readonly signal?: AbortSignal
  /** Makes `mcp.client.operation.duration`. @default the meter `agent` of the global provider */
  readonly meter?: Meter
  /** Hears of tools that were refused, have changed, have come or have gone. @default a warning of the process */
  readonly onNotice?: (notice: McpNotice) => void
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
