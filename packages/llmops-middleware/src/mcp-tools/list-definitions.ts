import { untilAborted } from '../on-abort.ts'
import type { ClientRequests, RequestLimits } from './mcp-client.ts'
import { definitionOf, isObject, type ToolDefinition } from './tool-definition.ts'

const MAX_PAGES = 100
/** More than any model is given, and what a process can hold while it reads. */
const MAX_TOOLS = 10_000

/**
 * Every page of a server's tools. A cursor that came before is the end: some servers send one with their last page, too.
 *
 * @throws Error for a list that does not end.
 */
export async function listDefinitions(
  requests: ClientRequests,
  limits: RequestLimits,
): Promise<readonly ToolDefinition[]> {
  const definitions: ToolDefinition[] = []
  const cursors = new Set<string>()
  let cursor: string | undefined
  do {
    if (cursors.size === MAX_PAGES) throw new Error(`The server lists its tools on more than ${MAX_PAGES} pages.`)
    if (cursor !== undefined) cursors.add(cursor)
    const page = await pageOf(requests, cursor, limits)
    const { tools, nextCursor } = isObject(page) ? page : {}
    if (!Array.isArray(tools)) throw new Error('The client listed no tools: `listTools` gave nothing that has `tools`.')
    if (definitions.length + tools.length > MAX_TOOLS)
      throw new Error(`The server lists more than ${MAX_TOOLS.toLocaleString('en')} tools.`)
    // Where a cursor does not advance, the page is the same once more.
    for (const tool of tools) {
      const definition = definitionOf(tool)
      if (definition) definitions.push(definition)
    }
    cursor = typeof nextCursor === 'string' ? nextCursor : undefined
  } while (cursor !== undefined && !cursors.has(cursor))
  return definitions
}

/** A client of somebody's own may know nothing of signals. */
async function pageOf(requests: ClientRequests, cursor: string | undefined, limits: RequestLimits): Promise<unknown> {
  try {
    return await untilAborted(requests.listTools(cursor, limits), limits.signal)
  } catch (error) {
    // Up to 2025-11-25 servers mark the last page with an empty cursor, and do not know it; since then it is one as any.
    if (cursor === '' && (error as { code?: unknown } | null)?.code === INVALID_PARAMS) return { tools: [] }
    throw error
  }
}

const INVALID_PARAMS = -32602
